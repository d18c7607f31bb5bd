import type { Event } from "../api/event.ts";
import type { SinkStatus } from "../api/sink.ts";
import { jsonForTerminal } from "../base/terminal.ts";
import { eventToJson, seriesToJson } from "../file/json.ts";
import type { TextTarget } from "../pattern/event-writer.ts";
import type { MatchedEvent } from "../pattern/matched-event.ts";
import { jsonParts } from "./json-parts.ts";
import type { MatchedSink } from "./matched-sink.ts";
import type { TextOutput } from "./text-output.ts";

export interface JsonSinkOptions {
  /** The output is shown on a terminal: characters that are not safe there are escaped. */
  readonly onTerminal?: boolean;
}

/** Events as JSON lines (`--format json`): one object per event, one array per series. */
export class JsonSink implements MatchedSink {
  readonly #output: TextOutput;
  readonly #prepare: (json: string) => string;

  /** Where text goes that the reader of events can make; undefined where characters are escaped, or the output is patient. */
  readonly target: TextTarget | undefined;

  constructor(output: TextOutput, { onTerminal = false }: JsonSinkOptions = {}) {
    this.#output = output;
    this.target = onTerminal || !output.takesBytes ? undefined : output;
    this.#prepare = onTerminal ? jsonForTerminal : (json) => json;
  }

  get congested(): boolean {
    return this.#output.congested;
  }

  write(event: Event): void {
    this.#output.add(`${this.#prepare(eventToJson(event))}\n`);
  }

  /** Writes an event that resembles earlier ones; the reader writes the next ones of its pattern. */
  writeMatched(event: MatchedEvent): void {
    event.pattern.noteOf(this, () => {
      const parts = this.target && jsonParts(event);
      if (parts !== undefined) event.writer?.setProgram(event.pattern, [...parts, "\n"]);
    });
    this.write(event.toEvent());
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
