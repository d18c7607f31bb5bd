/** The two clocks of the kernel, and UTC text of nanoseconds without rounding. */

/** Reads a clock, in nanoseconds. Bun's own `hrtime` counts from the start of the process and is not CLOCK_MONOTONIC. */
export type ClockReader = (clock: "monotonic" | "realtime") => bigint;

/** A duration as events files store it; `nsec` is 0 … 999,999,999, so -0.5 s is `{ sec: -1, nsec: 500000000 }`. */
export interface SecondsAndNanoseconds {
  readonly sec: number;
  readonly nsec: number;
}

const second = 1_000_000_000n;

/**
 * CLOCK_REALTIME minus CLOCK_MONOTONIC: what to add to an event's timestamp to get nanoseconds since 1970. Measured a
 * few times; the try in which the least time passed between the two readings counts.
 */
export function measureClockOffset(read: ClockReader, tries = 10): SecondsAndNanoseconds {
  let best = { width: 1n << 63n, offset: 0n };
  for (let i = 0; i < tries; i++) {
    const before = read("monotonic");
    const realtime = read("realtime");
    const after = read("monotonic");
    const width = after - before;
    if (width < best.width) best = { width, offset: realtime - (before + after) / 2n };
  }
  return splitNanoseconds(best.offset);
}

/** Nanoseconds as whole seconds, rounded down, and the rest. */
export function splitNanoseconds(nanoseconds: bigint): SecondsAndNanoseconds {
  const nsec = ((nanoseconds % second) + second) % second;
  return { sec: Number((nanoseconds - nsec) / second), nsec: Number(nsec) };
}

/** The inverse of {@link splitNanoseconds}. */
export function joinNanoseconds(time: { readonly sec: number | bigint; readonly nsec: number | bigint }): bigint {
  return BigInt(time.sec) * second + BigInt(time.nsec);
}

/** Largest and smallest second that `Date` can express (ECMA-262 21.4.1.1). */
const lastSecond = 8_640_000_000_000;

/** Seconds with a sign and nine digits, e.g. `+3600.000000000`, of nanoseconds. */
export function durationText(nanoseconds: bigint): string {
  const [sign, length] = nanoseconds < 0n ? ["-", -nanoseconds] : ["+", nanoseconds];
  return `${sign}${length / second}.${String(length % second).padStart(9, "0")}`;
}

/** Text of the second that was formatted last: events come in runs of the same second. */
let recent = { sec: NaN, text: "" };

/**
 * `YYYY-MM-DD HH:MM:SS.ffffff` of nanoseconds since 1970 (UTC); what is finer than a microsecond is cut off, not
 * rounded. Undefined for times that no calendar date is defined for, beyond the year 275760.
 */
export function formatUtc(nanoseconds: bigint): string | undefined {
  const { sec, nsec } = splitNanoseconds(nanoseconds);
  if (Math.abs(sec) >= lastSecond) return undefined;
  if (sec !== recent.sec) recent = { sec, text: new Date(sec * 1000).toISOString().slice(0, -5).replace("T", " ") };
  return `${recent.text}.${String(Math.trunc(nsec / 1000)).padStart(6, "0")}`;
}

/** RFC 3339 in UTC of nanoseconds since 1970, all nine digits: `2026-11-28T18:00:00.123456789Z`. Undefined as for {@link formatUtc}. */
export function formatRfc3339(nanoseconds: bigint): string | undefined {
  const text = formatUtc(nanoseconds);
  if (text === undefined) return undefined;
  const { nsec } = splitNanoseconds(nanoseconds);
  return `${text.slice(0, -7).replace(" ", "T")}.${String(nsec).padStart(9, "0")}Z`;
}

let recentLocal = { sec: NaN, text: "", zone: "" };

/** Like {@link formatUtc} in the time zone of this process, whose offset from UTC follows: `2026-03-29 03:00:00.000000+02:00`. */
export function formatLocal(nanoseconds: bigint): string | undefined {
  const { sec, nsec } = splitNanoseconds(nanoseconds);
  if (Math.abs(sec) >= lastSecond) return undefined;
  if (sec !== recentLocal.sec) {
    const east = -new Date(sec * 1000).getTimezoneOffset();
    const text = new Date((sec + east * 60) * 1000).toISOString().slice(0, -5).replace("T", " ");
    recentLocal = { sec, text, zone: zoneText(east) };
  }
  return `${recentLocal.text}.${String(Math.trunc(nsec / 1000)).padStart(6, "0")}${recentLocal.zone}`;
}

/** `+01:00` of minutes east of Greenwich. */
function zoneText(east: number): string {
  const digits = (value: number) => String(value).padStart(2, "0");
  return `${east < 0 ? "-" : "+"}${digits(Math.floor(Math.abs(east) / 60))}:${digits(Math.abs(east) % 60)}`;
}
