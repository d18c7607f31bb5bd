import { expect, test } from "bun:test";
import { attachInGroups, attachTogether, type Guess } from "./attach-groups.ts";

const EINVAL = 22;

/** Attaches 0 to `count - 1` to a kernel that refuses groups with a bad one; counts the attempts. */
function attach(count: number, bad: readonly number[]) {
  let calls = 0;
  const refused: [number, number][] = [];
  const items = Array.from({ length: count }, (_, item) => item);
  const attached = attachInGroups(
    items,
    (group) => {
      calls++;
      return group.some((item) => bad.includes(item)) ? EINVAL : undefined;
    },
    (item, errno) => refused.push([item, errno]),
  );
  return { calls, refused, attached };
}

test("without a culprit one call attaches all", () => {
  expect(attach(1000, [])).toMatchObject({ calls: 1, refused: [], attached: { length: 1000 } });
  expect(attach(0, []).calls).toBe(0);
});

test("culprits are named, everything else is attached", () => {
  for (const bad of [[0], [999], [3, 4, 500]]) {
    const { calls, refused, attached } = attach(1000, bad);
    expect(refused).toEqual(bad.map((item) => [item, EINVAL]));
    expect(attached.length).toBe(1000 - bad.length);
    expect(attached.some((item) => bad.includes(item))).toBe(false);
    expect(calls).toBeLessThanOrEqual(1 + bad.length * 2 * Math.ceil(Math.log2(1000)));
  }
});

test("when all are refused each is named", () => {
  expect(attach(3, [0, 1, 2])).toMatchObject({
    attached: [],
    refused: [
      [0, EINVAL],
      [1, EINVAL],
      [2, EINVAL],
    ],
  });
});

/** The groups that are attached of 0 to 99, when the kernel refuses some and guesses leave out others. */
function groupsTogether(bad: readonly number[], ...guesses: readonly Guess<number>[]) {
  const groups: number[] = [];
  const refused: number[] = [];
  const attached = attachTogether(
    Array.from({ length: 100 }, (_, item) => item),
    (group) => {
      if (group.some((item) => bad.includes(item))) return EINVAL;
      groups.push(group.length);
      return undefined;
    },
    (item) => refused.push(item),
    guesses,
  );
  return { groups, refused, attached: attached.length };
}

const without =
  (...out: readonly number[]): Guess<number> =>
  (items) =>
    items.map((item) => !out.includes(item));

test("guesses keep what can be attached in one group", () => {
  expect(groupsTogether([])).toEqual({ groups: [100], refused: [], attached: 100 });
  expect(groupsTogether([7, 70], without(7, 70))).toEqual({ groups: [98], refused: [7, 70], attached: 98 });
  // A guess that is not enough, one that says nothing, and one that is wrong of an item.
  expect(groupsTogether([7, 70], without(7), without(7, 70))).toEqual({ groups: [98], refused: [7, 70], attached: 98 });
  expect(groupsTogether([7], without(), without(7))).toEqual({ groups: [99], refused: [7], attached: 99 });
  expect(groupsTogether([7], without(7, 8))).toEqual({ groups: [98, 1], refused: [7], attached: 99 });
});

test("without a guess that is enough culprits are found by trying", () => {
  const { groups, refused, attached } = groupsTogether([7, 70], without(7));
  expect([refused, attached, groups.length > 2]).toEqual([[70, 7], 98, true]);
  expect(groupsTogether([7]).attached).toBe(99);
});
