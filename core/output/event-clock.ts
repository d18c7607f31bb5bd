import type { Event, U64 } from "../api/event.ts";
import { formatUtc, joinNanoseconds } from "../base/time.ts";

type Offset = Parameters<typeof joinNanoseconds>[0];

/** `000` … `999`. */
const threeDigits: readonly string[] = Array.from({ length: 1000 }, (_, value) => String(value).padStart(3, "0"));

/** Text of timestamps: CLOCK_MONOTONIC nanoseconds as they are, or UTC (`--utc`) once the offset of the clocks is known. */
export class EventClock {
  readonly #utc: boolean;
  #offset: bigint | undefined;
  #recent = { millisecond: 0, text: "" };

  /** @param offset realtime minus monotonic; without it, taken from the startup events that pass by */
  constructor(options: { readonly utc: boolean; readonly offset?: Offset | undefined }) {
    this.#utc = options.utc;
    this.#offset = options.offset === undefined ? undefined : joinNanoseconds(options.offset);
  }

  /** Takes over the offset of a startup event; each part of a rotated file has its own. */
  observe(event: Event): void {
    const offset = event["startup"]?.["clock_monotonic_offset"];
    if (isOffset(offset)) this.#offset = joinNanoseconds(offset);
  }

  /** Nanoseconds since 1970, not before; undefined while the offset of the clocks is not known. */
  sinceEpoch(timestamp: U64): bigint | undefined {
    if (this.#offset === undefined) return undefined;
    const time = BigInt(timestamp) + this.#offset;
    return time < 0n ? 0n : time;
  }

  /** Decimal nanoseconds, or `YYYY-MM-DD HH:MM:SS.ffffff`; decimal as well when UTC cannot be known. */
  text(timestamp: U64): string {
    if (!this.#utc || this.#offset === undefined) return this.#decimalText(timestamp);
    return formatUtc(BigInt(timestamp) + this.#offset) ?? String(timestamp);
  }

  /** Turning a number beyond 32 bits into text is slow, but all digits down to the millisecond seldom change. */
  #decimalText(timestamp: U64): string {
    if (typeof timestamp === "bigint" || timestamp < 1e6) return String(timestamp);
    const millisecond = Math.floor(timestamp / 1e6);
    if (millisecond !== this.#recent.millisecond) this.#recent = { millisecond, text: String(millisecond) };
    const rest = timestamp - millisecond * 1e6;
    return this.#recent.text + threeDigits[Math.floor(rest / 1000)]! + threeDigits[rest % 1000]!;
  }
}

function isOffset(value: unknown): value is Offset {
  const offset = value as Partial<Record<"sec" | "nsec", unknown>> | undefined | null;
  return typeof offset === "object" && isInteger(offset?.sec) && isInteger(offset?.nsec);
}

function isInteger(value: unknown): boolean {
  return typeof value === "bigint" || Number.isInteger(value);
}
