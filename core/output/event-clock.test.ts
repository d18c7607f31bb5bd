import { expect, test } from "bun:test";
import { ClockOffsets } from "../file/clock-offsets.ts";
import { EventClock } from "./event-clock.ts";

test("raw time has every digit", () => {
  const clock = new EventClock({ mode: "boot" });
  const times = [
    0,
    7,
    999_999,
    1_000_000,
    1_000_001,
    1_999_999,
    5_000_123_456_789,
    5_000_123_456_790,
    5_000_999_000_000,
    Number.MAX_SAFE_INTEGER,
  ];
  for (const time of times) expect(clock.text(time)).toBe(String(time));
  expect(clock.text(18446744073709551615n)).toBe("18446744073709551615");
});

test("UTC needs an offset, and takes each new one", () => {
  const clock = new EventClock({ mode: "utc" });
  expect(clock.text(5)).toBe("5");
  clock.observe({ startup: { clock_monotonic_offset: { sec: 1, nsec: 500_000_000 } } });
  expect(clock.text(1_500_001_999)).toBe("1970-01-01 00:00:03.000001");
  clock.observe({ startup: { clock_monotonic_offset: { sec: "1" } } });
  clock.observe({ startup: {} });
  expect(clock.text(0)).toBe("1970-01-01 00:00:01.500000");
});

test("UTC can be known from the start", () => {
  const offsets = new ClockOffsets({ sec: 1742309146, nsec: 691042000 });
  expect(new EventClock({ mode: "utc", offsets }).text(5000123456789)).toBe("2025-03-18 16:09:06.814498");
});

test("after a change of the wall clock each event has its own time, in whatever order they come", () => {
  const clock = new EventClock({ mode: "utc", offsets: new ClockOffsets({ sec: 1000, nsec: 0 }) });
  const changes = [
    { since: 5e9, clock_monotonic_offset: { sec: 4600, nsec: 0 }, step: 3600e9 },
    { since: 9e9, clock_monotonic_offset: { sec: 1000, nsec: 0 }, step: -3600e9 },
  ];
  clock.observe({ common: { timestamp: 9e9 }, clock: { changes } });
  expect([4_999_999_999, 5e9, 8e9, 9e9].map((time) => clock.text(time))).toEqual([
    "1970-01-01 00:16:44.999999",
    "1970-01-01 01:16:45.000000",
    "1970-01-01 01:16:48.000000",
    "1970-01-01 00:16:49.000000",
  ]);
  // Another recording begins; what is no change is left out.
  clock.observe({ startup: { clock_monotonic_offset: { sec: 0, nsec: 0 } }, clock: { changes: [5, { since: -1 }, { since: 1 }] } });
  expect(clock.text(6e9)).toBe("1970-01-01 00:00:06.000000");
});

test("local time has the zone's offset, also across a change to summer time", () => {
  const before = process.env["TZ"];
  process.env["TZ"] = "Europe/Prague";
  try {
    const clock = new EventClock({ mode: "local", offsets: new ClockOffsets({ sec: 1774745999, nsec: 0 }) });
    expect(clock.text(5)).toBe("2026-03-29 01:59:59.000000+01:00");
    expect(clock.text(1_000_001_000)).toBe("2026-03-29 03:00:00.000001+02:00");
    process.env["TZ"] = "America/St_Johns";
    expect(clock.text(2_000_000_000)).toBe("2026-03-28 22:30:01.000000-02:30");
  } finally {
    if (before === undefined) delete process.env["TZ"];
    else process.env["TZ"] = before;
  }
});

test("delta counts from the event before, in series from that of the same packet", () => {
  const clock = new EventClock({ mode: "delta" });
  expect([5, 7, 4].map((time) => clock.text(time))).toEqual(["+0.000000000", "+0.000000002", "-0.000000003"]);
  const series = [
    [1e9, 3e9],
    [4e9, 4e9 + 5],
  ];
  const sorted = new EventClock({ mode: "delta" });
  const texts = series.map((times) => {
    sorted.beginSeries();
    return times.map((time) => sorted.text(time));
  });
  expect(texts).toEqual([
    ["+0.000000000", "+2.000000000"],
    ["+3.000000000", "+0.000000005"],
  ]);
});
