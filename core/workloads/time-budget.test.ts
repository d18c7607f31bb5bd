import { expect, test } from "bun:test";
import { TimeBudget } from "./time-budget.ts";

test("work that took the time of a second waits for the next one; what others did meanwhile does not count", () => {
  const time = { now: 0n, worked: 0n };
  const budget = new TimeBudget({ now: () => time.now, worked: () => time.worked }, 100n);
  const work = (took: bigint) =>
    budget.spend(() => {
      time.now += took * 50n;
      time.worked += took;
      return took;
    });
  expect([work(60n), work(60n), work(60n)]).toEqual([60n, 60n, undefined]);
  time.now = 1_000_000_000n;
  expect(work(10n)).toBe(10n);
});
