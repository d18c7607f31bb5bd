import type { SeriesSink } from "../api/sink.ts";
import type { TextTarget } from "../pattern/event-writer.ts";
import type { MatchedEvent } from "../pattern/matched-event.ts";

/** A sink that takes events which resemble earlier ones as they are, and tells their writer what it makes of them. */
export interface MatchedSink extends SeriesSink {
  /** Where text goes that the reader of events can make; undefined where it must not. */
  readonly target: TextTarget | undefined;
  readonly writeMatched: (event: MatchedEvent) => void;
}

export function isMatchedSink(sink: SeriesSink): sink is MatchedSink {
  return "writeMatched" in sink;
}
