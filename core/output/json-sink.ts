import type { Event } from "../api/event.ts";
import type { SeriesSink, SinkStatus } from "../api/sink.ts";
import { eventToJson, seriesToJson } from "../file/json.ts";
import type { TextOutput } from "./text-output.ts";

/** Events as JSON lines (`--format json`): one object per event, one array per series. */
export class JsonSink implements SeriesSink {
  readonly #output: TextOutput;

  constructor(output: TextOutput) {
    this.#output = output;
  }

  get congested(): boolean {
    return this.#output.congested;
  }

  write(event: Event): void {
    this.#output.add(`${eventToJson(event)}\n`);
  }

  writeSeries(series: readonly Event[]): void {
    this.#output.add(`${seriesToJson(series)}\n`);
  }

  flush(): SinkStatus {
    return this.#output.flush();
  }

  close(): SinkStatus {
    return this.#output.flush();
  }
}
