import { expect, test } from "bun:test";
import { Tally } from "./tally.ts";

test("most frequent first, then by name", () => {
  const tally = new Tally();
  for (const name of ["b", "c", "a", "c"]) tally.add(name);
  expect(tally.total).toBe(4);
  expect(tally.ranking(0)).toEqual({
    top: [
      { name: "c", count: 2 },
      { name: "a", count: 1 },
      { name: "b", count: 1 },
    ],
  });
  expect(tally.ranking(2)).toEqual({
    top: [
      { name: "c", count: 2 },
      { name: "a", count: 1 },
    ],
    others: { names: 1, count: 1 },
  });
});

test("beyond the limit, names are counted together", () => {
  const tally = new Tally(1);
  for (const name of ["b", "a", "c", "b"]) tally.add(name);
  expect(tally.ranking(0)).toEqual({ top: [{ name: "b", count: 2 }], others: { names: 1, count: 2 } });
});

test("counts are exact beyond 2^53", () => {
  const tally = new Tally();
  tally.add("a", 2 ** 53 - 1);
  tally.add("a");
  tally.add("a");
  expect(tally.total).toBe(2n ** 53n + 1n);
  tally.add("b", 2n ** 63n);
  expect(tally.ranking(1)).toEqual({ top: [{ name: "b", count: 2n ** 63n }], others: { names: 1, count: 2n ** 53n + 1n } });
});
