/** A diagnosis as text for people and as JSON for programs. */
import { counted } from "../base/plural.ts";
import { withoutControls } from "../base/terminal.ts";
import type { Diagnosis } from "./diagnose.ts";
import type { DropGroup } from "./drop-groups.ts";
import type { Finding } from "./finding.ts";

/** One block for each group of drops that is not normal, the most frequent first; then the normal ones, a line each. */
export function diagnosisText(diagnoses: readonly Diagnosis[]): string {
  if (diagnoses.length === 0) return "No drops seen\n";
  const problems = diagnoses.filter((diagnosis) => !isNormal(diagnosis));
  const normal = diagnoses.filter(isNormal);
  const blocks = problems.map(blockText);
  if (normal.length > 0) blocks.push(["Normal drops:", ...normalLines(normal)]);
  return `${blocks.map((lines) => lines.map(withoutControls).join("\n")).join("\n\n")}\n`;
}

function isNormal({ group, advice, findings }: Diagnosis): boolean {
  return (group.class ?? advice?.class) === "normal" && findings.every(({ certainty }) => certainty === "possible");
}

function blockText({ group, advice, namespace, findings }: Diagnosis): readonly string[] {
  const head = `${counted(group.count, "drop")} ${group.reason}${placeText(group)}: ${flowText(group)}`;
  const where = [
    ...(group.device === undefined ? [] : [`device ${group.device}`]),
    ...(group.namespace === undefined ? [] : [`namespace ${group.namespace.name ?? namespace?.name ?? group.namespace.inum}`]),
  ];
  return [
    where.length === 0 ? head : `${head} (${where.join(", ")})`,
    ...(findings.length === 0 ? unexplained(group, advice?.meaning, namespace !== undefined) : []),
    ...findings.flatMap((finding) => findingLines(finding, findings.length > 1)),
  ];
}

function unexplained(group: DropGroup, meaning: string | undefined, isThere: boolean): readonly string[] {
  const isGone = group.namespace !== undefined && !isThere;
  const examined = isGone ? "Not examined: the namespace is gone, or is one of another host" : "No cause found on this host";
  return [...(meaning === undefined ? [] : [`  ${meaning}`]), `  ${examined}`, `  What it may be: retis explain ${explained(group)}`];
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
  const groups = diagnoses.map(({ group, advice, findings }) => ({
    drops: group.count,
    reason: group.reason,
    class: group.class ?? advice?.class ?? "unknown",
    location: group.location,
    netns: group.namespace,
    device: group.device,
    packet: group.packet,
    rule: group.rule,
    findings,
  }));
  return `${JSON.stringify({ groups }, undefined, 2)}\n`;
}
