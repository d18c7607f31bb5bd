import { expect, test } from "bun:test";
import { verdictBits, verdictName, verdicts } from "./verdicts.ts";

test("codes have the names of the kernel's headers", () => {
  expect([-5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5].map(verdictName)).toEqual([...verdicts, "stop"]);
  expect([-6, 6, 255].map(verdictName)).toEqual(["unknown", "unknown", "unknown"]);
});

test("bits count from return", () => {
  expect(verdictBits(["return"])).toBe(1);
  expect(verdictBits(["drop", "accept"])).toBe(0b110_0000);
  expect(verdictBits(verdicts)).toBe(0x3ff);
});
