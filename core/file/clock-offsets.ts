/** What to add to the times of events to get those of the wall clock, which may be changed while a recording goes on. */
import { type Event, isU64, type U64 } from "../api/event.ts";
import { joinNanoseconds } from "../base/time.ts";
import type { ClockChange } from "./header.ts";
import { isRecord } from "./normalize-event.ts";

type Offset = Parameters<typeof joinNanoseconds>[0];

/** Changes of one recording that are remembered. */
const maxChanges = 4096;

/** CLOCK_REALTIME minus CLOCK_MONOTONIC of a recording, by the time of the event. */
export class ClockOffsets {
  #first: bigint | undefined;
  #changes: readonly { readonly since: U64; readonly offset: bigint }[] = [];

  /** @param first that of the start; without it, taken from the startup events that pass by */
  constructor(first?: Offset) {
    this.#first = first === undefined ? undefined : joinNanoseconds(first);
  }

  /** Takes over what an event says: a startup event begins a recording, or a part of one; a clock event has all changes so far. */
  observe(event: Event): void {
    const { startup, clock } = event;
    if (startup !== undefined) this.#begin(startup["clock_monotonic_offset"]);
    if (clock !== undefined) this.#change(clock["changes"]);
  }

  /** Nanoseconds; undefined while no offset is known. */
  at(timestamp: U64): bigint | undefined {
    const changes = this.#changes;
    for (let i = changes.length - 1; i >= 0; i--) if (changes[i]!.since <= timestamp) return changes[i]!.offset;
    return this.#first;
  }

  /** In a sorted file a further recording of the same machine begins without the changes, which are in the header. */
  #begin(offset: unknown): void {
    if (!isOffset(offset)) return;
    const before = this.#first;
    this.#first = joinNanoseconds(offset);
    if (before === undefined || !isSameStart(before, this.#first)) this.#changes = [];
  }

  /** Of a file, so of any type; what is not a change is left out. */
  #change(changes: unknown): void {
    if (!Array.isArray(changes)) return;
    this.#changes = changes
      .slice(-maxChanges)
      .filter(isClockChange)
      .map(({ since, clock_monotonic_offset: offset }) => ({ since, offset: joinNanoseconds(offset) }));
  }
}

/** Whether two clock offsets of one machine stem from the same start of it: NTP moves the clock of a running one. */
export function isSameStart(a: bigint, b: bigint): boolean {
  return (a < b ? b - a : a - b) < 1_000_000_000n;
}

/** Whether a value of a file is a change of the wall clock, see {@link ClockChange}. */
export function isClockChange(value: unknown): value is ClockChange {
  return isRecord(value) && isU64(value["since"]) && isOffset(value["clock_monotonic_offset"]);
}

function isOffset(value: unknown): value is Offset {
  return isRecord(value) && isInteger(value["sec"]) && isInteger(value["nsec"]);
}

function isInteger(value: unknown): boolean {
  return typeof value === "bigint" || Number.isInteger(value);
}
