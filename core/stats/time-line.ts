import { u64FromBigInt, type U64 } from "../api/event.ts";
import { intervalTooShort } from "../base/errors.ts";
import { formatUtc } from "../base/time.ts";

/** What happened in one interval. */
export interface TimeLineEntry {
  /** When it begins: CLOCK_MONOTONIC, nanoseconds. */
  readonly timestamp: U64;
  /** The same as `YYYY-MM-DD HH:MM:SS.ffffff`; the timestamp's digits when it is beyond the calendar. */
  readonly utc: string;
  readonly events: number;
  readonly drops: number;
}

/** Named as in JSON. */
export interface TimeLineStatistics {
  /** Length of every interval in nanoseconds. */
  readonly interval: number;
  /** In order of time; those without events are left out. */
  readonly intervals: readonly TimeLineEntry[];
}

const second = 1e9;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Intervals by which is counted while it is not known how long a recording is; each is a multiple of the one before. */
const fine: readonly number[] = [
  second / 10,
  second,
  10 * second,
  minute,
  10 * minute,
  hour,
  day,
  ...[10, 100, 1e3, 1e4, 1e5].map((days) => days * day),
];
/** Intervals that are shown. */
const round: readonly number[] = [
  ...[0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30].map((seconds) => seconds * second),
  ...[1, 2, 5, 10, 20, 30].map((minutes) => minutes * minute),
  ...[1, 2, 6, 12].map((hours) => hours * hour),
  ...[1, 2, 5, 10, 20, 50, 100, 1e3, 1e4, 1e5].map((days) => days * day),
];
/** Intervals that are shown, about, when no interval was requested. */
const wantedIntervals = 20;

/** Bounds of memory: the number of intervals, chosen ones and those that the user requested. */
const maxFine = 8192;
const maxRequested = 100_000;

interface Interval {
  readonly start: number;
  readonly end: number;
  events: number;
  drops: number;
}

/**
 * Events and drops over time, within bounded memory. Intervals begin at multiples of their length since midnight UTC,
 * by the clock at the start of the recording.
 */
export class TimeLine {
  readonly #requested: number | undefined;
  /** Added to timestamps, so that they count from a midnight. */
  readonly #sinceMidnight: number;
  readonly #offsetAt: (timestamp: U64) => bigint;
  #step: number;
  #intervals = new Map<number, Interval>();
  #recent: Interval = { start: 0, end: 0, events: 0, drops: 0 };

  /**
   * @param offsetAt realtime minus monotonic at a time, nanoseconds
   * @param interval nanoseconds; chosen by the length of the recording when undefined
   */
  constructor(offsetAt: (timestamp: U64) => bigint, interval: number | undefined) {
    this.#offsetAt = offsetAt;
    this.#requested = interval;
    this.#step = interval ?? (fine[0] as number);
    const offset = offsetAt(0) % BigInt(day);
    this.#sinceMidnight = Number(offset < 0n ? offset + BigInt(day) : offset);
  }

  /** @throws TraceError `INTERVAL_TOO_SHORT` when an interval that was requested leads to too many of them */
  add(timestamp: U64, isDrop: boolean): void {
    const time = Number(timestamp) + this.#sinceMidnight;
    const recent = this.#recent;
    const interval = time >= recent.start && time < recent.end ? recent : this.#intervalOf(time);
    interval.events++;
    if (isDrop) interval.drops++;
  }

  /** Undefined when all events are in one interval, unless an interval was requested. */
  statistics(): TimeLineStatistics | undefined {
    if (this.#requested !== undefined) return this.#summary(this.#intervals, this.#requested);
    const starts = [...this.#intervals.keys()];
    const span = starts.reduce((a, b) => Math.max(a, b), -Infinity) - starts.reduce((a, b) => Math.min(a, b), Infinity);
    const step = round.find((length) => length % this.#step === 0 && length * wantedIntervals >= span) ?? this.#step;
    const intervals = merged(this.#intervals, step);
    return intervals.size < 2 ? undefined : this.#summary(intervals, step);
  }

  #intervalOf(time: number): Interval {
    const start = startOf(time, this.#step);
    let interval = this.#intervals.get(start);
    if (interval === undefined) {
      if (this.#intervals.size >= (this.#requested === undefined ? maxFine : maxRequested)) return this.#coarsen(time);
      interval = { start, end: start + this.#step, events: 0, drops: 0 };
      this.#intervals.set(start, interval);
    }
    this.#recent = interval;
    return interval;
  }

  #coarsen(time: number): Interval {
    const next = fine[fine.indexOf(this.#step) + 1];
    if (this.#requested !== undefined || next === undefined) throw intervalTooShort(maxRequested);
    this.#step = next;
    this.#intervals = merged(this.#intervals, next);
    return this.#intervalOf(time);
  }

  #summary(intervals: ReadonlyMap<number, Interval>, interval: number): TimeLineStatistics {
    const inOrder = [...intervals.values()].sort((a, b) => a.start - b.start);
    return { interval, intervals: inOrder.map((entry) => this.#entryOf(entry)) };
  }

  #entryOf({ start, events, drops }: Interval): TimeLineEntry {
    const time = BigInt(start) - BigInt(this.#sinceMidnight);
    // The first interval may begin before the clock did.
    const timestamp = u64FromBigInt(time < 0n ? 0n : time);
    return { timestamp, utc: formatUtc(time + this.#offsetAt(timestamp)) ?? String(timestamp), events, drops };
  }
}

function merged(intervals: ReadonlyMap<number, Interval>, step: number): Map<number, Interval> {
  const longer = new Map<number, Interval>();
  for (const { start: fineStart, events, drops } of intervals.values()) {
    const start = startOf(fineStart, step);
    const interval = longer.get(start) ?? { start, end: start + step, events: 0, drops: 0 };
    interval.events += events;
    interval.drops += drops;
    longer.set(start, interval);
  }
  return longer;
}

function startOf(time: number, step: number): number {
  return time - (time % step);
}
