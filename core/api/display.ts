/** Numbers as people read them. */
import type { Display } from "./wire.ts";

const byteUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
const timeUnits = [
  [1_000_000_000, "s"],
  [1_000_000, "ms"],
  [1000, "µs"],
] as const;

/**
 * Text of an integer, e.g. `0x1f`, `1.5 MiB`, `1.25 ms`: at most three significant digits after the first unit.
 * @param value for `duration` nanoseconds
 */
export function displayText(value: number | bigint, display: Display): string {
  if (display === "hex") return value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
  return display === "bytes" ? bytesText(Number(value)) : durationText(Number(value));
}

function bytesText(value: number): string {
  let [scaled, unit] = [value, 0];
  while (Math.abs(scaled) >= 1024 && unit < byteUnits.length - 1) [scaled, unit] = [scaled / 1024, unit + 1];
  return `${rounded(scaled)} ${byteUnits[unit]}`;
}

function durationText(value: number): string {
  const [size, unit] = timeUnits.find(([least]) => Math.abs(value) >= least) ?? [1, "ns"];
  return `${rounded(value / size)} ${unit}`;
}

/** Whole numbers are exact. */
function rounded(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(Math.abs(value) >= 100 ? 4 : 3)));
}
