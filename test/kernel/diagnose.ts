/**
 * `retis diagnose` names the cause of each fault, and the drops end when what it advises is done. All faults are there at the
 * same time, each in namespaces of its own, so that the tool runs twice in all: before and after they are mended. Those of limits
 * that all namespaces share have a round of their own.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { faults } from "../support/faults/all-faults.ts";
import { type Combination, combinations, type Part } from "../support/faults/combinations.ts";
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
  readonly examinedNamespace?: string;
  readonly findings: readonly Finding[];
}

/** What is made, provoked and mended in a place. */
type Situation = Fault | Combination;

/** A situation in its place, with what was diagnosed there before and after it was mended. */
interface Case {
  readonly situation: Situation;
  readonly place: Place;
  before: readonly Group[];
  after: readonly Group[];
  /** What did not work while the fault was made, provoked or mended; the others go on. */
  error?: unknown;
}

const where = "once" as const;

function nameOf(situation: Situation): string {
  return `diagnose: ${situation.name ?? ("finding" in situation ? situation.finding : "")}`;
}

function isOfHost(situation: Situation): boolean {
  return "ofHost" in situation;
}

type Round = Promise<ReadonlyMap<Situation, Case>>;

const rounds = new Map<boolean, Round>();

function roundOf(situation: Situation, trial: Trial): Round {
  const ofHost = isOfHost(situation);
  const round =
    rounds.get(ofHost) ??
    examineAll(
      trial,
      [...faults, ...combinations].filter((each) => isOfHost(each) === ofHost),
    );
  rounds.set(ofHost, round);
  return round;
}

async function examineAll(trial: Trial, situations: readonly Situation[]): Round {
  const cases = new Map<Situation, Case>();
  for (const situation of situations) {
    const lacking = await Promise.all((situation.requires ?? []).map(unmet));
    if (lacking.some((reason) => reason !== undefined) || !belongsHere({ name: nameOf(situation), where })) continue;
    const each: Case = { situation, place: await makePlace(trial), before: [], after: [] };
    cases.set(situation, each);
    await noting(each, situation.make);
  }
  for (const [each, groups] of await diagnosed(trial, cases)) each.before = groups;
  for (const each of cases.values()) await noting(each, each.situation.mend);
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
async function diagnosed(trial: Trial, cases: ReadonlyMap<Situation, Case>): Promise<readonly (readonly [Case, readonly Group[]])[]> {
  const file = join(trial.directory, "drops.cbor");
  const collection = await Collection.start(trial, ["-c", "skb,skb-drop,dev,ns", "-o", file]);
  for (const each of cases.values()) await noting(each, each.situation.provoke);
  await settle(trial);
  equal((await collection.stop()).status, 0);
  const { status, stdout, stderr } = await retis(["diagnose", file, "--json", "--top", "0"], { timeoutMs: 60_000 * trial.slowdown });
  equal(status, 0, stderr);
  const { groups } = JSON.parse(stdout) as { groups: readonly Group[] };
  return [...cases.values()].map((each) => {
    const isAtClient = "at" in each.situation;
    const { name } = isAtClient ? each.place.client : each.place.server;
    return [each, groups.filter(({ netns, examinedNamespace }) => (netns?.name ?? examinedNamespace) === name)];
  });
}

async function examined(situation: Situation, trial: Trial): Promise<Case> {
  const result = (await roundOf(situation, trial)).get(situation)!;
  if (result.error !== undefined) throw result.error;
  return result;
}

function requirementsOf(situation: Situation) {
  return { requires: ["root", "drop-reasons", ...(situation.requires ?? [])], timeoutMs: 120_000, where };
}

function diagnoses(fault: Fault) {
  return scenario(nameOf(fault), requirementsOf(fault), async (trial) => {
    const { before, after } = await examined(fault, trial);
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

/** Each part has its own group with its own evidence; what is mended is gone, and the rest is still there. */
function tellsApart(combination: Combination) {
  return scenario(nameOf(combination), requirementsOf(combination), async (trial) => {
    const { before, after } = await examined(combination, trial);
    const shown = JSON.stringify(before, undefined, 1);
    const places = combination.parts.map((part) => {
      const at = before.findIndex((group) => isOfPart(group, part));
      ok(at >= 0, `not found: ${part.finding} ${part.says}; the drops there: ${shown}`);
      equal(before.filter((group) => isOfPart(group, part)).length, 1, `${part.finding} claims drops of others: ${shown}`);
      const { drops, findings } = before[at]!;
      equal(drops, part.drops ?? drops, shown);
      ok(
        findings.every(({ certainty }) => certainty === (part.certainty ?? "certain")),
        `the certainty of ${part.finding}: ${shown}`,
      );
      equal(findings.length > 1, part.certainty === "possible", `other causes of ${part.finding}: ${shown}`);
      return at;
    });
    deepEqual(
      places,
      places.toSorted((a, b) => a - b),
      `not ranked by drops: ${shown}`,
    );
    const left = combination.parts.map((part) => after.some((group) => isOfPart(group, part)));
    deepEqual(left, [false, ...combination.parts.slice(1).map(() => true)], `after the change: ${JSON.stringify(after, undefined, 1)}`);
  });
}

/** The part's finding is the first that says what the part must say: what fits too comes after it. */
function isOfPart({ findings }: Group, { finding, says }: Part): boolean {
  const [first] = findings.filter(({ cause, evidence }) => says.test(cause) || evidence.some(({ value }) => says.test(value)));
  return first?.id === finding && first === findings[0];
}

export const scenarios = [...faults.map(diagnoses), ...combinations.map(tellsApart)];
