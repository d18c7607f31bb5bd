import { expect, test } from "bun:test";
import { ClockOffsets } from "../file/clock-offsets.ts";
import { EventClock } from "../output/event-clock.ts";
import { WallClock } from "./wall-clock.ts";

/** Clocks that move by a nanosecond with each reading. */
function bench() {
  const state = { monotonic: 10n ** 9n, offset: 1_000n * 10n ** 9n };
  const clock = new WallClock((which) => {
    state.monotonic++;
    return which === "monotonic" ? state.monotonic : state.monotonic + state.offset;
  });
  return { state, clock };
}

test("nothing is reported while the clock goes on, nor for what is within the accuracy of measuring", () => {
  const { state, clock } = bench();
  expect(clock.initial).toEqual({ sec: 1000, nsec: 0 });
  state.monotonic += 10n ** 12n;
  expect(clock.check()).toBeUndefined();
  state.offset += 50_000n;
  expect(clock.check()).toBeUndefined();
  expect(clock.changes).toBeUndefined();
});

test("each change is reported once, with all before it", () => {
  const { state, clock } = bench();
  state.offset += 3600n * 10n ** 9n;
  state.monotonic = 5n * 10n ** 9n;
  const first = { since: 5_000_000_001, clock_monotonic_offset: { sec: 4600, nsec: 0 }, step: 3600e9 };
  expect(clock.check()).toMatchObject({ common: { timestamp: 5_000_000_001, task: { pid: process.pid } }, clock: { changes: [first] } });
  expect(clock.check()).toBeUndefined();
  state.offset -= 3600_500n * 10n ** 6n;
  state.monotonic = 7n * 10n ** 9n;
  const second = { since: 7_000_000_001, clock_monotonic_offset: { sec: 999, nsec: 500_000_000 }, step: -3600.5e9 };
  expect(clock.check()).toMatchObject({ common: { timestamp: 7_000_000_001 }, clock: { changes: [first, second] } });
  expect(clock.changes).toEqual({ changes: [first, second] });
});

test("a sleep of the machine, which only the wall clock counts, is a change for the events after it", () => {
  const { state, clock } = bench();
  const night = 8n * 3600n * 10n ** 9n;
  state.monotonic = 4n * 10n ** 9n;
  // CLOCK_BOOTTIME and CLOCK_REALTIME go on, CLOCK_MONOTONIC does not.
  state.offset += night;
  const event = clock.check();
  expect(event).toMatchObject({ clock: { changes: [{ step: Number(night), clock_monotonic_offset: { sec: 29_800, nsec: 0 } }] } });
  const shown = new EventClock({ mode: "utc", offsets: new ClockOffsets(clock.initial) });
  shown.observe(event!);
  expect(shown.sinceEpoch(3_999_999_999)).toBe(1_003_999_999_999n);
  expect(shown.sinceEpoch(4_000_000_002)).toBe(29_804_000_000_002n);
});
