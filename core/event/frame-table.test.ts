import { expect, test } from "bun:test";
import { FrameTable } from "./frame-table.ts";

test("a stack is turned into text once, and distinguished from others with the same hash", () => {
  let evaluated = 0;
  const table = new FrameTable((words, at, count) => {
    evaluated++;
    return Array.from({ length: count }, (_, i) => String(words[at + 2 * i]));
  }, "stack_trace");
  const words = Uint32Array.from([9, 9, 1, 0, 2, 0, 1, 0, 2, 0]);
  expect(table.get(words, 2, 2).value).toEqual(["1", "2"]);
  expect(table.get(words, 6, 2).value).toEqual(["1", "2"]);
  expect(evaluated).toBe(1);
  expect(table.get(words, 2, 1).value).toEqual(["1"]);
  expect(table.get(words, 2, 0).value).toBeUndefined();
  for (let i = 0; i < 10_000; i++) expect(table.get(Uint32Array.from([i, 0]), 0, 1).value).toEqual([String(i)]);
});
