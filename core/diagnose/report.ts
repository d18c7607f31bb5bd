/** A diagnosis as text for people and as JSON for programs. */
import { counted } from "../base/plural.ts";
import { withoutControls } from "../base/terminal.ts";
import { isMulticast } from "./addresses.ts";
import type { Diagnosis, Unexamined } from "./diagnosis.ts";
import type { DropGroup } from "./drop-groups.ts";
import type { Finding } from "./finding.ts";
import { type Answer, answersOf } from "./same-answer.ts";

/** Further flows of an answer that are listed. */
const listedFlows = 5;

/** One block for each answer that is not normal, that of the most drops first; then what was not examined, and what is normal. */
export function diagnosisText(diagnoses: readonly Diagnosis[]): string {
  if (diagnoses.length === 0) return "No drops seen\n";
  const problems = diagnoses.filter((diagnosis) => !isNormal(diagnosis));
  const normal = diagnoses.filter(isNormal);
  const blocks = answersOf(problems).map(blockText);
  if (normal.length > 0) blocks.push(["Normal drops:", ...normalLines(normal)]);
  return `${blocks.map((lines) => lines.map(withoutControls).join("\n")).join("\n\n")}\n`;
}

function isNormal({ group, advice, findings }: Diagnosis): boolean {
  if ((group.class ?? advice?.class) !== "normal") return false;
  // What is sent to all concerns few.
  const { destination } = group.packet ?? {};
  if (destination !== undefined && (isMulticast(destination) || destination === "255.255.255.255")) return true;
  return findings.every(({ certainty }) => certainty === "possible");
}

function blockText({ diagnoses: [first, ...others], drops }: Answer): readonly string[] {
  const { group, findings } = first;
  const more = others.length === 0 ? "" : ` and ${counted(others.length, "other flow")}`;
  const head = `${counted(drops, "drop")} ${group.reason}${placeText(group)}: ${flowText(group)}${more}`;
  const where = [...(group.device === undefined ? [] : [`device ${group.device}`]), ...namespaceText(first)];
  return [
    where.length === 0 ? head : `${head} (${where.join(", ")})`,
    ...(findings.length === 0 ? unexplained(first) : []),
    ...findings.flatMap((finding) => findingLines(finding, findings.length > 1)),
    ...(others.length === 0 ? [] : [otherFlows(first, others)]),
  ];
}

function otherFlows(first: Diagnosis, others: readonly Diagnosis[]): string {
  const listed = others.slice(0, listedFlows).map(({ group }) => flowText(group));
  const left = others.length - listed.length;
  const source = `${first.group.packet?.source} > `;
  const names = listed.every((flow) => flow.startsWith(source)) ? listed.map((flow) => flow.slice(source.length)) : listed;
  return `  The same: ${names.join(", ")}${left > 0 ? ` and ${left} more (--json lists all)` : ""}`;
}

function namespaceText({ group, namespace }: Diagnosis): readonly string[] {
  if (group.namespace !== undefined) return [`namespace ${group.namespace.name ?? namespace?.name ?? group.namespace.inum}`];
  return namespace === undefined ? [] : [`namespace ${namespace.name}, by its address`];
}

/** Why a group was not examined. */
const reasonsNotToLook: Readonly<Record<Unexamined, string>> = {
  "other-host": "it was recorded on another host, or with another kernel",
  "namespace-gone": "the network namespace is gone",
  limit: "more is with --top NUMBER, everything with --top 0",
};

function unexplained({ group, advice, unexamined }: Diagnosis): readonly string[] {
  return [
    ...(advice === undefined ? [] : [`  ${advice.meaning}`]),
    `  ${unexamined === undefined ? "No cause found on this host" : `Not examined: ${reasonsNotToLook[unexamined]}`}`,
    `  What it may be: retis explain ${explained(group)}`,
  ];
}

/** What says most: the function where the kernel gives no reason. */
function explained({ reason, location }: DropGroup): string {
  const name = reason.slice(reason.indexOf("/") + 1);
  return name === "NOT_SPECIFIED" && location !== undefined ? location : name;
}

function findingLines({ cause, certainty, evidence, change }: Finding, several: boolean): readonly string[] {
  const label = certainty === "certain" && !several ? "Cause" : "Possible cause";
  return [`  ${label}: ${cause}`, ...evidence.map(({ source, value }) => `    ${source}: ${value}`), `  Change: ${change}`];
}

function normalLines(normal: readonly Diagnosis[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { group } of normal) counts.set(group.reason, (counts.get(group.reason) ?? 0) + group.count);
  return [...counts].map(([reason, count]) => `  ${count} ${reason}`);
}

function placeText({ location }: DropGroup): string {
  return location === undefined ? "" : ` at ${location}`;
}

function flowText({ packet }: DropGroup): string {
  if (packet === undefined) return "no IP packet";
  const port = packet.destinationPort === undefined ? "" : `.${packet.destinationPort}`;
  return `${packet.source} > ${packet.destination}${port}${protocolText(packet.protocol)}`;
}

const protocolNames: Readonly<Record<number, string>> = { 1: "ICMP", 6: "TCP", 17: "UDP", 58: "ICMPv6", 132: "SCTP" };

function protocolText(protocol: number | undefined): string {
  return protocol === undefined ? "" : ` ${protocolNames[protocol] ?? `protocol ${protocol}`}`;
}

/** One object; two-space indented. */
export function diagnosisJson(diagnoses: readonly Diagnosis[]): string {
  const groups = diagnoses.map(({ group, advice, namespace, unexamined, findings }) => ({
    drops: group.count,
    reason: group.reason,
    class: group.class ?? advice?.class ?? "unknown",
    location: group.location,
    netns: group.namespace,
    examinedNamespace: namespace?.name,
    device: group.device,
    packet: group.packet,
    rule: group.rule,
    unexamined,
    findings,
  }));
  return `${JSON.stringify({ groups }, undefined, 2)}\n`;
}
