import type { Event } from "../api/event.ts";
import type { SeriesSink, SinkStatus } from "../api/sink.ts";
import { wrapLines } from "../base/wrap-lines.ts";
import type { MatchedEvent } from "../pattern/matched-event.ts";
import type { EventLayout } from "./layout.ts";
import type { TextOutput } from "./text-output.ts";

/** Events as text for people (`--format single-line` and `multi-line`). */
export class TextSink implements SeriesSink {
  readonly #layout: EventLayout;
  readonly #output: TextOutput;
  readonly #fitted: (text: string) => string;

  /** @param columns of the terminal now, where lines are to fit it */
  constructor(layout: EventLayout, output: TextOutput, columns?: () => number) {
    this.#layout = layout;
    this.#output = output;
    this.#fitted = columns === undefined ? (text) => text : (text) => wrapLines(text, columns());
  }

  get congested(): boolean {
    return this.#output.congested;
  }

  write(event: Event): void {
    this.#output.add(this.#fitted(this.#layout.eventText(event)));
  }

  /** Writes an event that resembles earlier ones. */
  writeMatched(event: MatchedEvent): void {
    this.#output.add(this.#fitted(this.#layout.matchedText(event)));
  }

  writeSeries(series: readonly Event[]): void {
    this.#output.add(this.#fitted(this.#layout.seriesText(series)));
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
