import type { Event } from "../api/event.ts";
import type { SeriesSink, SinkStatus } from "../api/sink.ts";
import { isMatchedSink, type MatchedSink } from "../output/matched-sink.ts";
import type { TextTarget } from "../pattern/event-writer.ts";
import type { MatchedEvent } from "../pattern/matched-event.ts";
import type { ReaderStages } from "./reader-stages.ts";

/** A sink before which events go through the stages of collectors. */
class StagedSink implements MatchedSink {
  constructor(
    private readonly sink: SeriesSink,
    private readonly stages: ReaderStages,
  ) {}

  get congested(): boolean {
    return this.sink.congested === true;
  }

  write(event: Event): void {
    const shown = this.stages.apply(event);
    if (shown !== undefined) this.sink.write(shown);
  }

  /** Where events go as text that no stage is for. */
  get target(): TextTarget | undefined {
    return isMatchedSink(this.sink) ? this.sink.target : undefined;
  }

  /** Only events that no stage is for are written where they are read. */
  writeMatched(event: MatchedEvent): void {
    const isFree = event.pattern.noteOf(this, () => event.pattern.sections.every(({ key }) => !this.stages.concern(key)));
    if (isFree && isMatchedSink(this.sink)) this.sink.writeMatched(event);
    else this.write(event.toEvent());
  }

  writeSeries(series: readonly Event[]): void {
    const shown = this.stages.applyAll(series);
    if (shown.length > 0) this.sink.writeSeries(shown);
  }

  flush(): SinkStatus {
    return this.sink.flush();
  }

  close(): SinkStatus {
    return this.sink.close();
  }
}

/** The sink itself where there are no stages. */
export function withStages(sink: SeriesSink, stages: ReaderStages): SeriesSink {
  return stages.any ? new StagedSink(sink, stages) : sink;
}
