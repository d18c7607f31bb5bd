import type { Event } from "../api/event.ts";
import type { SeriesSink, SinkStatus } from "../api/sink.ts";
import { jsonForTerminal } from "../base/terminal.ts";
import { eventToJson, seriesToJson } from "../file/json.ts";
import type { TextOutput } from "./text-output.ts";

export interface JsonSinkOptions {
  /** The output is shown on a terminal: characters that are not safe there are escaped. */
  readonly onTerminal?: boolean;
}

/** Events as JSON lines (`--format json`): one object per event, one array per series. */
export class JsonSink implements SeriesSink {
  readonly #output: TextOutput;
  readonly #prepare: (json: string) => string;

  constructor(output: TextOutput, { onTerminal = false }: JsonSinkOptions = {}) {
    this.#output = output;
    this.#prepare = onTerminal ? jsonForTerminal : (json) => json;
  }

  get congested(): boolean {
    return this.#output.congested;
  }

  write(event: Event): void {
    this.#output.add(`${this.#prepare(eventToJson(event))}\n`);
  }

  writeSeries(series: readonly Event[]): void {
    this.#output.add(`${this.#prepare(seriesToJson(series))}\n`);
  }

  flush(): SinkStatus {
    return this.#output.flush();
  }

  close(): SinkStatus {
    return this.#output.flush();
  }
}
