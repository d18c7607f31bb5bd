/** The wall clock of a run: it may be set, and the machine may sleep, which CLOCK_MONOTONIC does not count. */
import { type Event, u64FromBigInt } from "../api/event.ts";
import { type ClockReader, joinNanoseconds, measureClockOffset, type SecondsAndNanoseconds, splitNanoseconds } from "../base/time.ts";
import type { ClockChange, ClockChanges } from "../file/header.ts";
import { ownTask } from "./own-task.ts";

/** Smaller differences are those of measuring. */
const tolerance = 100_000n;
/** Changes of one run that are kept; a clock that is set more often is of no use. */
const maxChanges = 4096;

export class WallClock {
  /** CLOCK_REALTIME minus CLOCK_MONOTONIC at the start. */
  readonly initial: SecondsAndNanoseconds;
  readonly #read: ClockReader;
  readonly #changes: ClockChange[] = [];
  #offset: bigint;

  constructor(read: ClockReader) {
    this.#read = read;
    this.initial = measureClockOffset(read);
    this.#offset = joinNanoseconds(this.initial);
  }

  /** Section `clock`; undefined while nothing has changed. */
  get changes(): ClockChanges | undefined {
    return this.#changes.length === 0 ? undefined : { changes: this.#changes.slice() };
  }

  /** Looks at the clocks, which takes a microsecond. @returns the event that says what has changed since the last look */
  check(): Event | undefined {
    const since = this.#read("monotonic");
    const realtime = this.#read("realtime");
    const width = this.#read("monotonic") - since;
    if (this.#isSame(realtime - since - width / 2n, width)) return undefined;
    const measured = measureClockOffset(this.#read);
    const offset = joinNanoseconds(measured);
    if (this.#isSame(offset, 0n) || this.#changes.length >= maxChanges) return undefined;
    const step = u64FromBigInt(offset - this.#offset);
    this.#offset = offset;
    this.#changes.push({ since: u64FromBigInt(since), clock_monotonic_offset: splitNanoseconds(offset), step });
    return { common: { timestamp: u64FromBigInt(since), ...ownTask() }, clock: { ...this.changes } };
  }

  #isSame(offset: bigint, uncertainty: bigint): boolean {
    const difference = offset < this.#offset ? this.#offset - offset : offset - this.#offset;
    return difference <= tolerance + uncertainty;
  }
}
