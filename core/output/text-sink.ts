import type { Event } from "../api/event.ts";
import type { SeriesSink, SinkStatus } from "../api/sink.ts";
import type { MatchedEvent } from "../pattern/matched-event.ts";
import type { EventLayout } from "./layout.ts";
import type { TextOutput } from "./text-output.ts";

/** Events as text for people (`--format single-line` and `multi-line`). */
export class TextSink implements SeriesSink {
  readonly #layout: EventLayout;
  readonly #output: TextOutput;

  constructor(layout: EventLayout, output: TextOutput) {
    this.#layout = layout;
    this.#output = output;
  }

  get congested(): boolean {
    return this.#output.congested;
  }

  write(event: Event): void {
    this.#output.add(this.#layout.eventText(event));
  }

  /** Writes an event that resembles earlier ones. */
  writeMatched(event: MatchedEvent): void {
    this.#output.add(this.#layout.matchedText(event));
  }

  writeSeries(series: readonly Event[]): void {
    this.#output.add(this.#layout.seriesText(series));
  }

  /** Writes a series whose events are given one by one, see {@link EventLayout.visitedSeriesText}. */
  writeVisited(visit: Parameters<EventLayout["visitedSeriesText"]>[0]): void {
    this.#output.add(this.#layout.visitedSeriesText(visit));
  }

  flush(): SinkStatus {
    return this.#output.flush();
  }

  close(): SinkStatus {
    return this.#output.flush();
  }
}
