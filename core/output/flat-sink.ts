import type { Event } from "../api/event.ts";
import type { SeriesSink, SinkStatus } from "../api/sink.ts";
import { formatRfc3339 } from "../base/time.ts";
import { jsonForTerminal } from "../base/terminal.ts";
import type { DropClassifier } from "./drop-classes.ts";
import type { EventClock } from "./event-clock.ts";
import { type FlatContext, flatRecord } from "./flat-fields.ts";
import type { TextOutput } from "./text-output.ts";

/** What the sink is told about where events come from. */
export interface FlatSinkOptions {
  /** Knows the offset of the clocks, also of events to come. */
  readonly clock: EventClock;
  readonly host: string | undefined;
  /** The output is shown on a terminal: characters that are not safe there are escaped. */
  readonly onTerminal: boolean;
  readonly classOf: DropClassifier;
}

/** Events as flat JSON lines (`--format flat`): one object of scalars for each event that a probe made, series or not. */
export class FlatSink implements SeriesSink {
  readonly #output: TextOutput;
  readonly #clock: EventClock;
  readonly #context: FlatContext;
  readonly #prepare: (json: string) => string;

  constructor(output: TextOutput, { clock, host, onTerminal, classOf }: FlatSinkOptions) {
    this.#output = output;
    this.#clock = clock;
    this.#prepare = onTerminal ? jsonForTerminal : (json) => json;
    const time = (timestamp: number | bigint) => {
      const sinceEpoch = clock.sinceEpoch(timestamp);
      return sinceEpoch === undefined ? undefined : formatRfc3339(sinceEpoch);
    };
    this.#context = { host, time, classOf };
  }

  get congested(): boolean {
    return this.#output.congested;
  }

  write(event: Event): void {
    this.#clock.observe(event);
    if (event["kernel"] === undefined && event["userspace"] === undefined) return;
    this.#output.add(`${this.#prepare(JSON.stringify(flatRecord(event, this.#context)))}\n`);
  }

  writeSeries(series: readonly Event[]): void {
    for (const event of series) this.write(event);
  }

  flush(): SinkStatus {
    return this.#output.flush();
  }

  close(): SinkStatus {
    return this.#output.flush();
  }
}
