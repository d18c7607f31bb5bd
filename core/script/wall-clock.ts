/** When events happened, on the clock on the wall. */
import type { Event, U64 } from "../api/event.ts";
import { joinNanoseconds } from "../base/time.ts";

/** Realtime minus monotonic of the recording that an event stems from, in nanoseconds. */
const offsets = new WeakMap<Event, bigint>();

/** Remembers the recording's clock for each event that passes; events of several recordings can then be compared. */
export class ClockWatch {
  #offset: bigint;

  /** @param offset that of the file's header; startup events in the stream bring their own */
  constructor(offset: Offset) {
    this.#offset = joinNanoseconds(offset);
  }

  observe(event: Event): void {
    const offset = event["startup"]?.["clock_monotonic_offset"] as Offset | undefined;
    if (offset !== undefined) this.#offset = joinNanoseconds(offset);
    offsets.set(event, this.#offset);
  }
}

type Offset = Parameters<typeof joinNanoseconds>[0];

/** Nanoseconds since 1970, exact; undefined for an event that was not read from a file. */
export function epochNanoseconds(event: Event): bigint | undefined {
  const offset = offsets.get(event);
  const timestamp = event["common"]?.["timestamp"] as U64 | undefined;
  return offset === undefined || timestamp === undefined ? undefined : BigInt(timestamp) + offset;
}

/** The time as a `Date`, which is exact to the millisecond; undefined for an event that was not read from a file. */
export function timeOf(event: Event): Date | undefined {
  const time = epochNanoseconds(event);
  return time === undefined ? undefined : new Date(Number(time / 1_000_000n));
}
