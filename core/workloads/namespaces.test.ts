import { expect, test } from "bun:test";
import type { Workload } from "../api/workload.ts";
import { Namespaces } from "./namespaces.ts";
import { TimeBudget } from "./time-budget.ts";

const second = 1_000_000_000n;
const ms = 1_000_000;

interface Process {
  readonly inode: number;
  readonly cookie: number;
  readonly workload: Workload;
}

/** Namespaces with processes that can be changed, and a clock that does not move by itself. */
function bench({ seesCookies = true, budgetNs = second } = {}) {
  const processes = new Map<number, Process>();
  const state = { now: 10n * second, opened: 0, readings: 0, isUsedUp: false };
  const indexed = new Map<number, number>();
  const now = () => state.now;
  const budget = new TimeBudget({ now, worked: now }, budgetNs);
  const namespaces = new Namespaces({
    processes: {
      in: (inode) => [...indexed].filter(([pid, at]) => at === inode && processes.get(pid)?.inode === inode).map(([pid]) => pid),
      isIn: (pid, inode) => processes.get(pid)?.inode === inode,
      readOn: () => {
        state.readings++;
        for (const [pid, { inode }] of processes) indexed.set(pid, inode);
        return true;
      },
    },
    workloads: { findOfProcess: (pid) => ({ workload: processes.get(pid)?.workload ?? {}, isUnnamed: false }) },
    budget: { spend: (work) => (state.isUsedUp ? undefined : budget.spend(work)) },
    now,
    proc: "/nonexistent",
    initial: 1,
    openNamespace: (path) => {
      const process = processes.get(Number(path.split("/")[2]));
      if (process === undefined) return undefined;
      state.opened++;
      const { inode, cookie } = process;
      return {
        ...{ inode, cookie: seesCookies ? cookie : undefined, since: state.now, descriptor: -1 },
        ...{ netlink: () => new Uint8Array(0), [Symbol.dispose]() {} },
      };
    },
  });
  const find = (inode: number, cookie: number, time: bigint | number = state.now) => namespaces.find({ inode, cookie, time });
  const advance = (milliseconds: number) => (state.now += BigInt(milliseconds * ms));
  return { state, processes, find, advance };
}

const web = { container: "web" };
const db = { container: "db" };

test("a new namespace is named at its first event", () => {
  const { processes, find, state } = bench();
  processes.set(7, { inode: 77, cookie: 5, workload: web });
  expect(find(77, 5, state.now - 1000n)).toEqual(web);
});

test("the initial namespace belongs to nothing", () => {
  const { processes, find, state } = bench();
  processes.set(7, { inode: 1, cookie: 5, workload: web });
  expect(find(1, 5)).toEqual({});
  expect(state.readings).toBe(0);
});

test("a number that is given again has the new owner, and late events of the first one theirs", () => {
  const { processes, find, state, advance } = bench();
  processes.set(7, { inode: 77, cookie: 5, workload: web });
  expect(find(77, 5)).toEqual(web);
  const before = state.now;
  processes.delete(7);
  processes.set(8, { inode: 77, cookie: 6, workload: db });
  advance(1);
  expect(find(77, 6)).toEqual(db);
  expect(find(77, 5, before)).toEqual(web);
  advance(100_000);
  expect(find(77, 5)).toEqual(web);
});

test("a namespace whose number is another's now has no owner", () => {
  const { processes, find } = bench();
  processes.set(7, { inode: 77, cookie: 6, workload: web });
  expect(find(77, 5)).toEqual({});
});

test.each([
  ["without cookies", 0, 0],
  ["with cookies that user space does not see", 5, 6],
])("%s an owner is shown for events from when it was seen on, and while it is there", (_, first, later) => {
  const { processes, find, state, advance } = bench({ seesCookies: false });
  processes.set(7, { inode: 77, cookie: 5, workload: web });
  expect(find(77, first, state.now - 1n)).toEqual({});
  advance(200);
  expect(find(77, first)).toEqual(web);
  const seen = state.now;
  advance(100);
  expect(find(77, first)).toEqual(web);
  processes.delete(7);
  advance(10);
  expect(find(77, first, seen)).toEqual(web);
  expect(find(77, first)).toEqual({});
  processes.set(8, { inode: 77, cookie: 6, workload: db });
  expect(find(77, later)).toEqual({});
  advance(500);
  expect(find(77, later)).toEqual(db);
});

test("one that is not found is looked for again, ever more rarely", () => {
  const { processes, find, state, advance } = bench();
  for (let i = 0; i < 1000; i++) {
    find(77, 5);
    advance(10);
  }
  // After 100, 200, 400 ms …
  expect(state.readings).toBe(7);
  processes.set(7, { inode: 77, cookie: 5, workload: web });
  advance(20_000);
  expect(find(77, 5)).toEqual(web);
});

test("an owner that is named later gets its name", () => {
  const { processes, find, advance } = bench();
  processes.set(7, { inode: 77, cookie: 5, workload: { container: "0123456789ab" } });
  find(77, 5);
  processes.set(7, { inode: 77, cookie: 5, workload: web });
  advance(150);
  expect(find(77, 5)).toEqual(web);
});

test("a namespace that is known costs nothing for a while", () => {
  const { processes, find, state, advance } = bench();
  processes.set(7, { inode: 77, cookie: 5, workload: web });
  for (let i = 0; i < 1000; i++) {
    find(77, 5);
    advance(10);
  }
  expect(state.opened).toBe(7);
});

test("lookups wait when the budget is used up", () => {
  const it = bench({ budgetNs: 0n });
  it.processes.set(7, { inode: 77, cookie: 5, workload: web });
  expect(it.find(77, 5)).toEqual({});
});

test.each([
  ["with cookies", true],
  ["without them", false],
])("what is known stays while the budget is used up, %s", (_, seesCookies) => {
  const { processes, find, state, advance } = bench({ seesCookies });
  processes.set(7, { inode: 77, cookie: 5, workload: web });
  find(77, seesCookies ? 5 : 0);
  state.isUsedUp = true;
  advance(100_000);
  expect(find(77, seesCookies ? 5 : 0)).toEqual(web);
});

test("what the processes of a namespace have in common", () => {
  const shares = (...workloads: readonly Workload[]) => {
    const { processes, find } = bench();
    workloads.forEach((workload, index) => processes.set(10 + index, { inode: 77, cookie: 5, workload }));
    return find(77, 5);
  };
  const pod = "shop/web-7d9f";
  expect(shares({ pod }, { pod, container: "app" }, { pod, container: "proxy" })).toEqual({ pod });
  expect(shares({ pod }, { pod, container: "app" })).toEqual({ pod, container: "app" });
  expect(shares({ unit: "session-3.scope" }, web)).toEqual(web);
  expect(shares(web, db)).toEqual({});
  expect(shares({ unit: "a.service" }, { unit: "a.service" })).toEqual({ unit: "a.service" });
  expect(shares({ unit: "a.service" }, { unit: "b.service" })).toEqual({});
});
