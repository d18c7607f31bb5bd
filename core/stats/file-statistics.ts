import type { Event } from "../api/event.ts";
import type { Startup } from "../file/header.ts";
import type { EventReader } from "../file/reader.ts";
import { type EventClassifier, PartCounter, type PartStatistics } from "./part-statistics.ts";

/** Sections that statistics are made of; open the file with these. */
export const countedSections: readonly string[] = [
  "common",
  "startup",
  "clock",
  "kernel",
  "userspace",
  "loss",
  "skb-drop",
  "packet",
  "dev",
  "netns",
];

/** What is wanted of statistics. */
export interface StatisticsOptions {
  /** How many names of a count are listed, except probes; 0 for all. */
  readonly top: number;
  /** Of the counts over time, nanoseconds; chosen by the length of the recording when absent. */
  readonly interval?: number | undefined;
  /** Class of a drop; without it, drops are not counted by class. */
  readonly classOf?: EventClassifier | undefined;
}

/** What is read of a file. */
export type CountedEvents = Pick<EventReader, "kind" | "header" | "readSeriesBatch" | "visit">;

/**
 * Statistics of a file, one for each of its parts: a startup event begins one. A sorted file is one part however many
 * recordings were sorted into it. Reads to the end; memory stays bounded.
 *
 * @throws TraceError `FILE_READ`, `INTERVAL_TOO_SHORT`
 */
export function fileStatistics(reader: CountedEvents, options: StatisticsOptions): readonly PartStatistics[] {
  return reader.kind === "series" ? [sortedFileStatistics(reader, options)] : partsStatistics(reader, options);
}

function sortedFileStatistics(reader: CountedEvents, { top, interval, classOf }: StatisticsOptions): PartStatistics {
  const counter = new PartCounter(reader.header, interval, classOf);
  for (let batch = reader.readSeriesBatch(); batch !== undefined; batch = reader.readSeriesBatch()) {
    for (const series of batch) {
      if (!series.every(framesRecording)) counter.countSeries();
      for (const event of series) counter.count(event);
    }
  }
  return counter.statistics(top);
}

function partsStatistics(reader: CountedEvents, { top, interval, classOf }: StatisticsOptions): readonly PartStatistics[] {
  const finished: PartStatistics[] = [];
  let counter: PartCounter | undefined;
  const count = (event: Event): void => {
    const { startup } = event;
    if (!isStartup(startup)) return counter?.count(event);
    if (counter !== undefined) finished.push(counter.statistics(top));
    counter = new PartCounter({ ...event, startup }, interval, classOf);
  };
  while (reader.visit({ event: count, matched: (event) => counter?.countMatched(event) }));
  return counter === undefined ? finished : [...finished, counter.statistics(top)];
}

/** Whether the event is about the recording, not about a packet. */
function framesRecording({ startup, loss, clock }: Event): boolean {
  return startup !== undefined || loss !== undefined || clock !== undefined;
}

/** Only the first startup event of a file is checked by the reader; one that is damaged begins no part. */
function isStartup(section: unknown): section is Startup {
  const { sec, nsec } = (section as Partial<Startup> | undefined)?.clock_monotonic_offset ?? {};
  return isInteger(sec) && isInteger(nsec);
}

function isInteger(value: unknown): boolean {
  return typeof value === "bigint" || Number.isInteger(value);
}
