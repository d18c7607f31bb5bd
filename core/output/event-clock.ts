import type { Event, U64 } from "../api/event.ts";
import { formatUtc, joinNanoseconds } from "../base/time.ts";

type Offset = Parameters<typeof joinNanoseconds>[0];

/** Text of timestamps: CLOCK_MONOTONIC nanoseconds as they are, or UTC (`--utc`) once the offset of the clocks is known. */
export class EventClock {
  readonly #utc: boolean;
  #offset: bigint | undefined;

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

  /** Decimal nanoseconds, or `YYYY-MM-DD HH:MM:SS.ffffff`; decimal as well when UTC cannot be known. */
  text(timestamp: U64): string {
    if (!this.#utc || this.#offset === undefined) return String(timestamp);
    return formatUtc(BigInt(timestamp) + this.#offset) ?? String(timestamp);
  }
}

function isOffset(value: unknown): value is Offset {
  const offset = value as Partial<Record<"sec" | "nsec", unknown>> | undefined | null;
  return typeof offset === "object" && isInteger(offset?.sec) && isInteger(offset?.nsec);
}

function isInteger(value: unknown): boolean {
  return typeof value === "bigint" || Number.isInteger(value);
}
