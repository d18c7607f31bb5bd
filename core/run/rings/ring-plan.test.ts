import { describe, expect, test } from "bun:test";
import { cpusOfRing, lossesByRing, parseCpuList, planRings } from "./ring-plan.ts";

const upTo = (count: number) => Array.from({ length: count }, (_, cpu) => cpu);
const plan = (cpus: number, rings?: number, totalBytes = 16 << 20) => planRings({ rings, totalBytes, online: upTo(cpus), possible: cpus });

test.each([
  [1, 1],
  [2, 1],
  [7, 1],
  [8, 2],
  [9, 3],
  [64, 16],
  [128, 32],
])("%d CPUs have %d rings", (cpus, rings) => {
  expect(plan(cpus).count).toBe(rings);
});

test("all rings together are not larger than one would be", () => {
  expect(plan(2, 1).bytes).toBe(16 << 20);
  expect(plan(4, 4).bytes).toBe(4 << 20);
  expect(plan(4, 3).bytes).toBe(4 << 20);
  expect(plan(128).bytes).toBe(512 << 10);
});

test("no more rings than the size allows, unless they were requested", () => {
  expect(plan(128, undefined, 128 * 1024).count).toBe(2);
  expect(() => plan(4, 4, 128 * 1024)).toThrow(/--rings: a ring has 64K at least/);
});

test("no more rings than CPUs", () => {
  expect(() => plan(2, 3)).toThrow(/--rings: more than this host has CPUs \(2\)/);
});

describe("groups", () => {
  test("are neighbours, as equal as possible", () => {
    expect(plan(8, 2).ofCpu).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
    expect(plan(5, 2).ofCpu).toEqual([0, 0, 0, 1, 1]);
  });

  test("are those of CPUs that are on; every other one has a ring too", () => {
    const { ofCpu } = planRings({ rings: 2, totalBytes: 16 << 20, online: [0, 1, 6, 7], possible: 10 });
    expect(ofCpu).toEqual([0, 0, 0, 1, 0, 1, 1, 1, 0, 1]);
  });

  test("as a list", () => {
    const { ofCpu } = planRings({ rings: 2, totalBytes: 16 << 20, online: [0, 1, 6, 7], possible: 8 });
    expect(cpusOfRing({ count: 2, bytes: 8 << 20, ofCpu }, 0)).toBe("0-2,4");
    expect(cpusOfRing({ count: 2, bytes: 8 << 20, ofCpu }, 1)).toBe("3,5-7");
  });
});

test("CPU lists of sysfs", () => {
  expect(parseCpuList("0\n")).toEqual([0]);
  expect(parseCpuList("0-3,8,10-11\n")).toEqual([0, 1, 2, 3, 8, 10, 11]);
  expect(parseCpuList("\n")).toEqual([]);
});

test("what each ring lost is the sum over its CPUs", () => {
  expect(lossesByRing(plan(4, 2), [1, 2, 0, 0])).toEqual(["Ring of CPUs 0-1: 3 events lost"]);
  expect(lossesByRing(plan(4, 2), [0, 1, 0, 5])).toEqual(["Ring of CPUs 0-1: 1 event lost", "Ring of CPUs 2-3: 5 events lost"]);
  expect(lossesByRing(plan(4, 1), [1, 2, 3, 4])).toEqual([]);
});
