import { expect, test } from "bun:test";
import { attachInGroups } from "./attach-groups.ts";

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
