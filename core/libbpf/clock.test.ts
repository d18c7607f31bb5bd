import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { kernelNow, monotonicOffset } from "./clock.ts";

test("the offset of a time namespace", () => {
  expect(monotonicOffset("monotonic           0         0\nboottime            0         0\n")).toBe(0n);
  expect(monotonicOffset("monotonic       86400       500\nboottime            7         0\n")).toBe(86_400_000_000_500n);
  expect(monotonicOffset("monotonic          -1 500000000\n")).toBe(-500_000_000n);
  expect(monotonicOffset("")).toBe(0n);
});

test("the kernel's clock counts from boot, not from the start of this process", () => {
  const uptime = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
  const now = Number(kernelNow()) / 1e9;
  // CLOCK_MONOTONIC leaves out suspend, which uptime has.
  expect(now).toBeLessThan(uptime + 60);
  expect(now).toBeGreaterThan(performance.now() / 1000 + 5);
});
