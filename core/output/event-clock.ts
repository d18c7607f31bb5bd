import type { TimeMode } from "../api/collect-options.ts";
import type { Event, U64 } from "../api/event.ts";
import { durationText, formatLocal, formatUtc } from "../base/time.ts";
import { ClockOffsets } from "../file/clock-offsets.ts";

/** `000` … `999`. */
const threeDigits: readonly string[] = Array.from({ length: 1000 }, (_, value) => String(value).padStart(3, "0"));

/** Text of timestamps, as `--time` says; times of day once the offset of the clocks is known. */
export class EventClock {
  readonly #mode: TimeMode;
  readonly #offsets: ClockOffsets;
  #recent = { millisecond: 0, text: "" };
  /** Of the event that was shown last, and of the one before the present series. */
  #previous: U64 | undefined;
  #seriesStart: U64 | undefined;
  #beginsSeries = false;

  /** @param offsets those that are known; others are taken from the startup and clock events that pass by */
  constructor({ mode, offsets = new ClockOffsets() }: { readonly mode: TimeMode; readonly offsets?: ClockOffsets | undefined }) {
    this.#mode = mode;
    this.#offsets = offsets;
  }

  /** Takes over the offset of a startup event, as each part of a rotated file has its own, and of changes. */
  observe(event: Event): void {
    if (event["startup"] !== undefined || event["clock"] !== undefined) this.#offsets.observe(event);
  }

  /** The events that follow are those of one packet: `delta` counts from its first event, and between such first ones. */
  beginSeries(): void {
    this.#previous = this.#seriesStart;
    this.#beginsSeries = true;
  }

  /** Whether texts are the decimal timestamps. */
  get isDecimal(): boolean {
    return this.#mode === "boot";
  }

  /** Nanoseconds since 1970, not before; undefined while the offset of the clocks is not known. */
  sinceEpoch(timestamp: U64): bigint | undefined {
    const offset = this.#offsets.at(timestamp);
    if (offset === undefined) return undefined;
    const time = BigInt(timestamp) + offset;
    return time < 0n ? 0n : time;
  }

  /**
   * Decimal nanoseconds (boot), `YYYY-MM-DD HH:MM:SS.ffffff` (utc), the same followed by `+HH:MM` (local), or `+S.nnnnnnnnn`
   * since the event shown before (delta). Decimal as well when the wall clock cannot be known. Call it once for each event.
   */
  text(timestamp: U64): string {
    if (this.#mode === "boot") return this.#decimalText(timestamp);
    if (this.#mode === "delta") return this.#deltaText(timestamp);
    const offset = this.#offsets.at(timestamp);
    if (offset === undefined) return this.#decimalText(timestamp);
    const format = this.#mode === "utc" ? formatUtc : formatLocal;
    return format(BigInt(timestamp) + offset) ?? String(timestamp);
  }

  #deltaText(timestamp: U64): string {
    const text = durationText(BigInt(timestamp) - BigInt(this.#previous ?? timestamp));
    this.#previous = timestamp;
    if (this.#beginsSeries) this.#seriesStart = timestamp;
    this.#beginsSeries = false;
    return text;
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
