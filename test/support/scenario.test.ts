import { expect, test } from "bun:test";
import { belongsHere, type Scenario, type Share } from "./scenario.ts";

const guest: Share = { guest: "6.1", once: false, between: false, onHost: new Set(["a"]), asHost: false, full: false };
const wheres = ["everywhere", "oldest and newest", "once"] as const satisfies readonly Scenario["where"][];

/** Which scenarios run on a machine: `a` is one that the host runs, `b` one that it cannot. */
function chosen(machine: Partial<Share>): readonly string[] {
  const scenarios = wheres.flatMap((where) => ["a", "b"].map((name) => ({ name, where })));
  return scenarios.filter((scenario) => belongsHere(scenario, { ...guest, ...machine })).map(({ name, where }) => `${name} ${where}`);
}

const all = ["a everywhere", "b everywhere", "a oldest and newest", "b oldest and newest", "a once", "b once"];

test("the host, and a full run, have all scenarios", () => {
  expect(chosen({ guest: undefined })).toEqual(all);
  expect(chosen({ full: true, between: true, asHost: true })).toEqual(all);
});

test("a guest has those that depend on the kernel", () => expect(chosen({})).toEqual(all.slice(0, 4)));

test("one guest has what the host cannot run of those for once", () =>
  expect(chosen({ once: true })).toEqual([...all.slice(0, 4), "b once"]));

test("a guest in between has those that are for every kernel", () =>
  expect(chosen({ between: true })).toEqual(["a everywhere", "b everywhere"]));

test("a guest of the host's series has what the host cannot run", () =>
  expect(chosen({ asHost: true })).toEqual(["b everywhere", "b oldest and newest"]));

test("a guest of the host's series that is in between and for once", () =>
  expect(chosen({ asHost: true, between: true, once: true })).toEqual(["b everywhere", "b once"]));
