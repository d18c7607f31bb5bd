import { expect, test } from "bun:test";
import { TraceError } from "../base/errors.ts";
import { TimeLine } from "./time-line.ts";

const second = 1e9;
/** 2025-03-18 16:09:06.814498 UTC at timestamp 0. */
const offset = 1_742_314_146_814_498_000n;

/** A time line of one event each second, every fourth a drop. */
function seconds(count: number, interval?: number): TimeLine {
  const line = new TimeLine(() => offset, interval);
  for (let i = 0; i < count; i++) line.add(i * second, i % 4 === 0);
  return line;
}

test("some twenty intervals, of a round length", () => {
  for (const [count, interval] of [
    [3, 0.1],
    [19, 1],
    [100, 5],
    [1200, 60],
    [20_000, 1200],
    [2_000_000, 2 * 86_400],
  ] as const) {
    const { interval: length, intervals } = seconds(count).statistics()!;
    expect(length).toBe(interval * second);
    expect(intervals.length).toBeLessThanOrEqual(22);
    expect(intervals.reduce((sum, { events }) => sum + events, 0)).toBe(count);
    expect(intervals.reduce((sum, { drops }) => sum + drops, 0)).toBe(Math.ceil(count / 4));
  }
});

test("intervals begin at round times of the day", () => {
  const { intervals } = seconds(100).statistics()!;
  expect(intervals[0]).toEqual({ timestamp: 0, utc: "2025-03-18 16:09:05.000000", events: 4, drops: 1 });
  expect(intervals[1]).toEqual({ timestamp: 3_185_502_000, utc: "2025-03-18 16:09:10.000000", events: 5, drops: 2 });
});

test("events of one moment have no time line, unless requested", () => {
  expect(seconds(1).statistics()).toBeUndefined();
  expect(seconds(0).statistics()).toBeUndefined();
  expect(seconds(1, second).statistics()?.intervals).toHaveLength(1);
});

test("an interval that is requested", () => {
  const { interval, intervals } = seconds(10, 2.5e9).statistics()!;
  expect(interval).toBe(2.5e9);
  expect(intervals.map(({ events }) => events)).toEqual([1, 3, 2, 3, 1]);
});

test("too many intervals that were requested", () => {
  const line = new TimeLine(() => 0n, 1000);
  const fill = () => {
    for (let i = 0; i < 200_000; i++) line.add(i * 1000, false);
  };
  expect(fill).toThrow(TraceError);
});

test("any times, in any order", () => {
  const line = new TimeLine(() => -5n, undefined);
  for (const time of [2n ** 64n - 1n, 0, 2 ** 53 - 1, 2n ** 63n, 7]) line.add(time, true);
  const { interval, intervals } = line.statistics()!;
  expect(interval).toBeGreaterThanOrEqual(1e4 * 86_400 * second);
  expect(intervals.reduce((sum, { drops }) => sum + drops, 0)).toBe(5);
});

test("many intervals that were not requested are merged while counting", () => {
  const line = new TimeLine(() => 0n, undefined);
  for (let i = 0; i < 100_000; i++) line.add(((i * 7919) % 100_000) * second, false);
  const { intervals } = line.statistics()!;
  expect(intervals.reduce((sum, { events }) => sum + events, 0)).toBe(100_000);
  expect(intervals.length).toBeLessThanOrEqual(22);
});
