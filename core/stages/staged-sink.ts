import type { Event } from "../api/event.ts";
import type { SeriesSink, SinkStatus } from "../api/sink.ts";
import type { ReaderStages } from "./reader-stages.ts";

/** A sink before which events go through the stages of collectors. */
class StagedSink implements SeriesSink {
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
