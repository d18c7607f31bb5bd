import { expect, test } from "bun:test";
import { ControlGroups } from "./control-groups.ts";
import { TimeBudget } from "./time-budget.ts";
import type { FoundWorkload } from "./workloads.ts";

function bench(perSecond = 1_000_000_000n) {
  const paths = new Map<bigint, string>([[9n, "/web"]]);
  const found = new Map<string, FoundWorkload>();
  const state = { now: 0, lookups: 0 };
  const now = () => BigInt(state.now) * 1_000_000n;
  const groups = new ControlGroups({
    workloads: { find: (path) => found.get(path) ?? { workload: {}, isUnnamed: false } },
    budget: new TimeBudget({ now, worked: now }, perSecond),
    pathOf: (id) => {
      state.lookups++;
      return paths.get(id);
    },
    milliseconds: () => state.now,
  });
  return { paths, found, state, groups };
}

test("an answer that is final is looked up once", () => {
  const { found, groups, state } = bench();
  found.set("/web", { workload: { unit: "web.service" }, isUnnamed: false });
  for (let i = 0; i < 100; i++) {
    expect(groups.find(9)).toEqual({ unit: "web.service" });
    state.now += 10_000;
  }
  expect(state.lookups).toBe(1);
});

test("the root, and no group, are not looked up", () => {
  const { groups, state } = bench();
  expect([groups.find(0), groups.find(1)]).toEqual([{}, {}]);
  expect(state.lookups).toBe(0);
});

test("a container that is named later gets its name, and keeps it when the group is gone", () => {
  const { found, groups, paths, state } = bench();
  found.set("/web", { workload: { container: "0123456789ab" }, isUnnamed: true });
  expect(groups.find(9)).toEqual({ container: "0123456789ab" });
  state.now = 50;
  found.set("/web", { workload: { container: "web" }, isUnnamed: true });
  expect(groups.find(9)).toEqual({ container: "0123456789ab" });
  state.now = 150;
  expect(groups.find(9)).toEqual({ container: "web" });
  paths.clear();
  state.now = 10_000;
  expect(groups.find(9)).toEqual({ container: "web" });
});

test("a group that is gone is looked for ever more rarely", () => {
  const { groups, state } = bench();
  for (; state.now < 10_000; state.now += 10) expect(groups.find(10n)).toEqual({});
  expect(state.lookups).toBe(7);
});

test("lookups wait when the budget is used up", () => {
  const { groups, state } = bench(0n);
  expect(groups.find(9)).toEqual({});
  expect(state.lookups).toBe(0);
});
