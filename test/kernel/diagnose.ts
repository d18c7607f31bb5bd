/**
 * `retis diagnose` names the cause of each fault, and the drops end when what it advises is done. All faults are there at the
 * same time, each in namespaces of its own, so that the tool runs twice in all: before and after they are mended.
 */
import { equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { faults } from "../support/faults/all-faults.ts";
import { type Fault, makePlace, type Place } from "../support/faults/place.ts";
import { Collection, retis, settle } from "../support/retis.ts";
import { unmet } from "../support/requirement.ts";
import { belongsHere, scenario, type Trial } from "../support/scenario.ts";

interface Finding {
  readonly id: string;
  readonly cause: string;
  readonly certainty: string;
  readonly evidence: readonly { readonly source: string; readonly value: string }[];
  readonly change: string;
}

interface Group {
  readonly drops: number;
  readonly reason: string;
  readonly class: string;
  readonly netns?: { readonly name?: string };
  readonly findings: readonly Finding[];
}

/** A fault in its place, with what was diagnosed there before and after it was mended. */
interface Case {
  readonly fault: Fault;
  readonly place: Place;
  before: readonly Group[];
  after: readonly Group[];
  /** What did not work while the fault was made, provoked or mended; the others go on. */
  error?: unknown;
}

const where = "once" as const;

function nameOf(fault: Fault): string {
  return `diagnose: ${fault.name ?? fault.finding}`;
}

let examined: Promise<ReadonlyMap<Fault, Case>> | undefined;

async function examineAll(trial: Trial): Promise<ReadonlyMap<Fault, Case>> {
  const cases = new Map<Fault, Case>();
  for (const fault of faults) {
    const lacking = await Promise.all((fault.requires ?? []).map(unmet));
    if (lacking.some((reason) => reason !== undefined) || !belongsHere({ name: nameOf(fault), where })) continue;
    const each: Case = { fault, place: await makePlace(trial), before: [], after: [] };
    cases.set(fault, each);
    await noting(each, fault.make);
  }
  for (const [each, groups] of await diagnosed(trial, cases)) each.before = groups;
  for (const each of cases.values()) await noting(each, each.fault.mend);
  for (const [each, groups] of await diagnosed(trial, cases)) each.after = groups;
  return cases;
}

async function noting(each: Case, action: ((place: Place) => Promise<unknown>) | undefined): Promise<void> {
  try {
    await action?.(each.place);
  } catch (error) {
    each.error ??= error;
  }
}

/** Provokes all drops while they are recorded; gives the groups of each case's namespace. */
async function diagnosed(trial: Trial, cases: ReadonlyMap<Fault, Case>): Promise<readonly (readonly [Case, readonly Group[]])[]> {
  const file = join(trial.directory, "drops.cbor");
  const collection = await Collection.start(trial, ["-c", "skb,skb-drop,dev,ns", "-o", file]);
  for (const each of cases.values()) await noting(each, each.fault.provoke);
  await settle(trial);
  equal((await collection.stop()).status, 0);
  const { status, stdout, stderr } = await retis(["diagnose", file, "--json", "--top", "0"]);
  equal(status, 0, stderr);
  const { groups } = JSON.parse(stdout) as { groups: readonly Group[] };
  return [...cases.values()].map((each) => {
    const { name } = each.fault.at === "client" ? each.place.client : each.place.server;
    return [each, groups.filter(({ netns }) => netns?.name === name)];
  });
}

function diagnoses(fault: Fault) {
  const options = { requires: ["root", "drop-reasons", ...(fault.requires ?? [])], timeoutMs: 120_000, where };
  return scenario(nameOf(fault), options, async (trial) => {
    examined ??= examineAll(trial);
    const { before, after, error } = (await examined).get(fault)!;
    if (error !== undefined) throw error;
    const group = before.find(({ findings }) => findings.some(({ id }) => id === fault.finding));
    ok(group !== undefined, `not found; the drops there: ${JSON.stringify(before, undefined, 1)}`);
    const certain = group.findings.filter(({ certainty }) => certainty === "certain");
    ok(
      certain.every(({ id }) => id === fault.finding),
      `other causes are called certain: ${JSON.stringify(certain, undefined, 1)}`,
    );
    for (const { evidence, change } of group.findings) {
      ok(evidence.length > 0 && evidence.every(({ source, value }) => source !== "" && value !== ""));
      ok(change !== "");
    }
    // Other things without a reason, such as copies of a SYN, may be dropped beside it; also what devices send when they come up.
    const isSame = ({ reason, findings }: Group) =>
      (reason === group.reason && reason !== "NOT_SPECIFIED") || findings.some(({ id }) => id === fault.finding);
    const left = after.filter((each) => (each.class !== "normal" || group.class === "normal") && isSame(each));
    equal(left.length, 0, `drops of the same reason after the change: ${JSON.stringify(left, undefined, 1)}`);
  });
}

export const scenarios = faults.map(diagnoses);
