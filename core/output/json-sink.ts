import type { Event } from "../api/event.ts";
import type { SeriesSink, SinkStatus } from "../api/sink.ts";
import { jsonForTerminal } from "../base/terminal.ts";
import { eventToJson, seriesToJson } from "../file/json.ts";
import { type DropClassifier, withDropClass } from "./drop-classes.ts";
import type { TextOutput } from "./text-output.ts";

export interface JsonSinkOptions {
  /** The output is shown on a terminal: characters that are not safe there are escaped. */
  readonly onTerminal?: boolean;
  /** Adds the class of drops; without it, none is added. */
  readonly classOf?: DropClassifier | undefined;
}

/** Events as JSON lines (`--format json`): one object per event, one array per series. */
export class JsonSink implements SeriesSink {
  readonly #output: TextOutput;
  readonly #prepare: (json: string) => string;
  readonly #classed: (event: Event) => Event;

  constructor(output: TextOutput, { onTerminal = false, classOf }: JsonSinkOptions = {}) {
    this.#output = output;
    this.#classed = classOf === undefined ? (event) => event : (event) => withDropClass(event, classOf);
    this.#prepare = onTerminal ? jsonForTerminal : (json) => json;
  }

  get congested(): boolean {
    return this.#output.congested;
  }

  write(event: Event): void {
    this.#output.add(`${this.#prepare(eventToJson(this.#classed(event)))}\n`);
  }

  writeSeries(series: readonly Event[]): void {
    this.#output.add(`${this.#prepare(seriesToJson(series.map(this.#classed)))}\n`);
  }

  flush(): SinkStatus {
    return this.#output.flush();
  }

  close(): SinkStatus {
    return this.#output.flush();
  }
}
