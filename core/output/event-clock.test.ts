import { expect, test } from "bun:test";
import { EventClock } from "./event-clock.ts";

test("raw time has every digit", () => {
  const clock = new EventClock({ utc: false });
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
  const clock = new EventClock({ utc: true });
  expect(clock.text(5)).toBe("5");
  clock.observe({ startup: { clock_monotonic_offset: { sec: 1, nsec: 500_000_000 } } });
  expect(clock.text(1_500_001_999)).toBe("1970-01-01 00:00:03.000001");
  clock.observe({ startup: { clock_monotonic_offset: { sec: "1" } } });
  clock.observe({ startup: {} });
  expect(clock.text(0)).toBe("1970-01-01 00:00:01.500000");
});

test("UTC can be known from the start", () => {
  expect(new EventClock({ utc: true, offset: { sec: 1742309146, nsec: 691042000 } }).text(5000123456789)).toBe(
    "2025-03-18 16:09:06.814498",
  );
});
