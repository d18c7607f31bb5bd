import type { Event } from "../api/event.ts";
import type { SinkStatus } from "../api/sink.ts";
import { wrapLines } from "../base/wrap-lines.ts";
import type { MatchedEvent } from "../pattern/matched-event.ts";
import type { TextTarget } from "../pattern/event-writer.ts";
import type { EventLayout } from "./layout.ts";
import type { MatchedSink } from "./matched-sink.ts";
import type { TextOutput } from "./text-output.ts";
import { UnshownEvents } from "./unshown-events.ts";

/** Events as text for people (`--format single-line` and `multi-line`). */
export class TextSink implements MatchedSink {
  readonly #layout: EventLayout;
  readonly #output: TextOutput;
  readonly #unshown: UnshownEvents;
  readonly #fitted: (text: string) => string;
  /** Where text goes that the reader of events can make; undefined where lines are fitted, or the output is patient. */
  readonly target: TextTarget | undefined;

  /** @param columns of the terminal now, where lines are to fit it */
  constructor(layout: EventLayout, output: TextOutput, columns?: () => number) {
    this.#layout = layout;
    this.#output = output;
    this.#unshown = new UnshownEvents(output, () => performance.now());
    this.target = columns === undefined && output.takesBytes ? output : undefined;
    this.#fitted = columns === undefined ? (text) => text : (text) => wrapLines(text, columns());
  }

  get congested(): boolean {
    return this.#output.congested;
  }

  write(event: Event): void {
    this.#output.add(this.#fitted(this.#layout.eventText(event)));
  }

  count(event: Event): boolean {
    const counted = this.#unshown.add(event);
    if (!counted) this.write(event);
    return counted;
  }

  untilFlush(): number {
    return this.#unshown.untilDue;
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

  /** Writes text of events that was made elsewhere, UTF-8, for an output that is not a terminal. */
  addBytes(bytes: Uint8Array): SinkStatus {
    this.#output.addBytes(bytes);
    return this.#output.status;
  }

  flush(): SinkStatus {
    this.#unshown.showIfDue();
    return this.#output.flush();
  }

  close(): SinkStatus {
    this.#unshown.show();
    return this.#output.flush();
  }
}
