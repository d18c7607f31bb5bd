import { expect, test } from "bun:test";
import { randomFrom } from "../../test/cases/files/sample-events.ts";
import { RecordSorter } from "./record-sorter.ts";

const layout = { words: 3, keyWords: 2 };

/** Records of two key words and their number, sorted with so many in memory. */
function sorted(keys: readonly (readonly [number, number])[], limit: number): number[] {
  const sorter = new RecordSorter(layout, limit);
  keys.forEach(([high, low], number) => {
    const at = sorter.reserve();
    sorter.records.set([high, low, number], at);
  });
  const records = sorter.sorted();
  const numbers: number[] = [];
  while (records.next()) numbers.push(records.words[records.at + 2]!);
  expect(records.next()).toBe(false);
  sorter.close();
  return numbers;
}

test.each([1, 2, 7, 100, 3000, Infinity])("records are in order with %d of them in memory, equal ones as they came", (limit) => {
  const random = randomFrom(21);
  for (const [count, spread] of [
    [0, 1],
    [1, 1],
    [15, 3],
    [500, 40],
    [2000, 2 ** 32],
  ] as const) {
    for (const disorder of [0, 20, 1e9]) {
      const keys = Array.from(
        { length: count },
        (_, i) => [Math.floor(random() * 2), Math.floor((i + random() * disorder) % spread)] as const,
      );
      const wanted = keys.map((_, number) => number).toSorted((a, b) => keys[a]![0] - keys[b]![0] || keys[a]![1] - keys[b]![1] || a - b);
      expect(sorted(keys, limit)).toEqual(wanted);
    }
  }
});

test("words are compared as unsigned numbers", () => {
  expect(
    sorted(
      [
        [0xffff_ffff, 0],
        [1, 0xffff_ffff],
        [1, 0x7fff_ffff],
      ],
      10,
    ),
  ).toEqual([2, 1, 0]);
});
