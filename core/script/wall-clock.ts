/** When events happened, on the clock on the wall. */
import { type Event, isU64, type U64 } from "../api/event.ts";
import { ClockOffsets } from "../file/clock-offsets.ts";

/** Realtime minus monotonic at the time of an event, in nanoseconds. */
const offsets = new WeakMap<Event, bigint>();

/** Remembers the recording's clock for each event that passes; events of several recordings can then be compared. */
export class ClockWatch {
  readonly #offsets: ClockOffsets;

  /** @param offset that of the file's header; startup and clock events in the stream bring their own */
  constructor(offset: ConstructorParameters<typeof ClockOffsets>[0]) {
    this.#offsets = new ClockOffsets(offset);
  }

  observe(event: Event): void {
    if (event["startup"] !== undefined || event["clock"] !== undefined) this.#offsets.observe(event);
    const timestamp = event["common"]?.["timestamp"];
    const offset = this.#offsets.at(isU64(timestamp) ? timestamp : 0);
    if (offset !== undefined) offsets.set(event, offset);
  }
}

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
