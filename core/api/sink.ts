/** Where events go in the end: a terminal, a pipe, a file. */
import type { TraceError } from "../base/errors.ts";
import type { Event } from "./event.ts";

/**
 * How writing went so far. `"reader-gone"`: nobody reads any more (EPIPE, e.g. `| head`), the caller ends quietly. An
 * error (a full disk, for instance) is reported once by the caller, which then ends.
 */
export type SinkStatus = "ok" | "reader-gone" | TraceError;

/**
 * Takes events one by one. `write` only collects and never throws; the status of what was written is read once
 * per batch with `flush`. After a status other than `"ok"` further events are ignored.
 */
export interface Sink {
  /** Whether the reader takes nothing at the moment: write no more, and flush again a little later. */
  readonly congested?: boolean;
  write(event: Event): void;
  /**
   * Counts an event instead of showing it, as more come than can be written; the counts are shown once the reader takes
   * something. Without it, every event is to be shown.
   *
   * @returns false when it was not for this reason that the event was not shown, or when it was shown all the same
   */
  count?(event: Event): boolean;
  /** Milliseconds until {@link flush} has something to do although no event comes; infinite when it has nothing. */
  untilFlush?(): number;
  /** Hands everything collected so far to the system; call it after each batch and when idle. */
  flush(): SinkStatus;
  /** Flushes and releases what the sink opened; the sink takes no more events. */
  close(): SinkStatus;
}

/** A sink that also takes the events of one packet as a unit, in the order in which they happened. */
export interface SeriesSink extends Sink {
  writeSeries(series: readonly Event[]): void;
}
