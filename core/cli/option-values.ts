/** Texts of option values turned into what they mean. Each parser throws INVALID_OPTION. */
import { invalidOption } from "../base/errors.ts";
import type { OutputFile } from "../api/collect-options.ts";

const kibi = 1024;
const ringSizeUnits: Readonly<Record<string, number>> = { "": 1, K: kibi, M: kibi ** 2, G: kibi ** 3 };
/** A page of every supported kernel (arm64 has pages of up to 64 KiB), which the ring must be a multiple of. */
const smallestRing = 64 * kibi;
/** Mapped twice plus a page it must stay below 4 GiB, the most that one ArrayBuffer can span. */
const largestRing = kibi ** 3;

/** More CPUs than any kernel is built for. */
const mostRings = 8192;

/** The kernel hands entries to its CPUs in batches of 128. */
const smallestTracking = 1024;
const largestTracking = 2 ** 24;

/** Items of a comma list; empty ones are dropped. */
export function commaList(text: string): readonly string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

/** A value of `--collectors`; one that names nothing is a mistake (an empty shell variable, say), and not `auto`. */
export function parseCollectors(text: string): readonly string[] {
  const names = commaList(text);
  if (names.length === 0) throw invalidOption("--collectors", text, "no collector named");
  return names;
}

/** `--ring-size`: bytes with an optional K, M or G (powers of 1024), rounded up to a power of two. */
export function parseRingSize(text: string): number {
  const match = /^([0-9]+)([KMG]?)$/i.exec(text);
  if (!match) throw invalidOption("--ring-size", text, "not a number of bytes", "Examples: 16M, 512K, 1G");
  const bytes = Number(match[1]) * ringSizeUnits[match[2]!.toUpperCase()]!;
  if (bytes > largestRing) throw invalidOption("--ring-size", text, "more than 1G");
  if (bytes === 0) throw invalidOption("--ring-size", text, "zero");
  return 2 ** Math.ceil(Math.log2(Math.max(bytes, smallestRing)));
}

/** `--rings`; whether the host has as many CPUs is known when it is used. */
export function parseRings(text: string): number {
  const rings = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
  if (rings >= 1 && rings <= mostRings) return rings;
  throw invalidOption("--rings", text, `not a number from 1 to ${mostRings}`);
}

/** `--out-rotate`: `<N>MB` or `<N>GB`, in bytes (powers of 1000). */
export function parseRotation(text: string): number {
  const match = /^([0-9]+)(MB|GB)$/.exec(text);
  const bytes = match ? Number(match[1]) * (match[2] === "MB" ? 1e6 : 1e9) : 0;
  if (bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
  throw invalidOption("--out-rotate", text, "not a size above zero in MB or GB", "Examples: 100MB, 2GB");
}

/** A number of events. */
export function parseCount(flag: string, text: string): number {
  const count = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(count)) return count;
  throw invalidOption(flag, text, "not a whole number from 0 to 2^53-1");
}

const intervalUnits: Readonly<Record<string, number>> = { us: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9, d: 86_400e9 };

/** A length of time in nanoseconds, at least a microsecond. */
export function parseDuration(flag: string, text: string): number {
  const match = /^([0-9]+)(us|ms|s|m|h|d)$/.exec(text);
  const nanoseconds = match ? Number(match[1]) * intervalUnits[match[2]!]! : 0;
  if (nanoseconds > 0 && Number.isSafeInteger(nanoseconds)) return nanoseconds;
  throw invalidOption(flag, text, "not a duration above zero in us, ms, s, m, h or d", "Examples: 100ms, 1s, 5m");
}

/** `--tracking-size`. The kernel takes about 90 bytes for each. */
export function parseTrackingSize(text: string): number {
  const packets = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
  if (packets >= smallestTracking && packets <= largestTracking) return packets;
  throw invalidOption("--tracking-size", text, `not a number from ${smallestTracking} to ${largestTracking}`);
}

/** Form and compression of an event file from its name, unless `form` says otherwise: `x.json`, `x.jsonl.zst`, `x.data`. */
export function outputFileOf(path: string, form: OutputFile["form"] | undefined, rotate: number | undefined): OutputFile {
  const zstd = path.endsWith(".zst");
  const plain = zstd ? path.slice(0, -".zst".length) : path;
  const byName = /\.jsonl?$/.test(plain) ? "json" : "cbor";
  return { path, form: form ?? byName, zstd, rotate };
}
