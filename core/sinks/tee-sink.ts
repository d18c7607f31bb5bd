import type { Event } from "../api/event.ts";
import type { SeriesSink, SinkStatus } from "../api/sink.ts";

/** Gives events to two sinks; the first status that is not `"ok"` counts. */
export class TeeSink implements SeriesSink {
  constructor(
    private readonly first: SeriesSink,
    private readonly second: SeriesSink,
  ) {}

  get congested(): boolean {
    return this.first.congested === true || this.second.congested === true;
  }

  write(event: Event): void {
    this.first.write(event);
    this.second.write(event);
  }

  writeSeries(series: readonly Event[]): void {
    this.first.writeSeries(series);
    this.second.writeSeries(series);
  }

  flush(): SinkStatus {
    return worse(this.first.flush(), this.second.flush());
  }

  close(): SinkStatus {
    return worse(this.first.close(), this.second.close());
  }
}

function worse(first: SinkStatus, second: SinkStatus): SinkStatus {
  return first === "ok" ? second : first;
}
