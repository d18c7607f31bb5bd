import { describe, expect, test } from "bun:test";
import { formatUtc, joinNanoseconds, measureClockOffset, splitNanoseconds, type ClockReader } from "./time.ts";

describe("measureClockOffset()", () => {
  test("takes the try with the least time between the readings", () => {
    // Three tries; the second one is the quickest: realtime 2000 in the middle of 1000 and 1010.
    const readings = { monotonic: [0n, 500n, 1000n, 1010n, 2000n, 2100n], realtime: [900n, 2000n, 4000n] };
    const read: ClockReader = (clock) => readings[clock].shift()!;
    expect(measureClockOffset(read, 3)).toEqual({ sec: 0, nsec: 995 });
  });

  test("gives a positive rest for a negative offset", () => {
    const read: ClockReader = (clock) => (clock === "monotonic" ? 500_000_000n : 0n);
    expect(measureClockOffset(read)).toEqual({ sec: -1, nsec: 500_000_000 });
  });
});

describe("splitNanoseconds()", () => {
  test("is undone by joinNanoseconds()", () => {
    for (const value of [0n, 1n, -1n, 999_999_999n, -1_000_000_000n, 1742309146691042000n, -7n * 10n ** 17n]) {
      const split = splitNanoseconds(value);
      expect(split.nsec).toBeWithin(0, 1e9);
      expect(joinNanoseconds(split)).toBe(value);
    }
  });
});

describe("formatUtc()", () => {
  test("cuts microseconds off", () => {
    expect(formatUtc(1742314146814498789n)).toBe("2025-03-18 16:09:06.814498");
    expect(formatUtc(1742314146999999999n)).toBe("2025-03-18 16:09:06.999999");
  });

  test("knows times before 1970 and after 9999", () => {
    expect(formatUtc(-1n)).toBe("1969-12-31 23:59:59.999999");
    expect(formatUtc(253402300800n * 1_000_000_000n)).toBe("+010000-01-01 00:00:00.000000");
  });

  test("has no text beyond the calendar", () => {
    expect(formatUtc(8_640_000_000_000n * 1_000_000_000n)).toBeUndefined();
  });
});
