/** Where events of a run go beside its file: stdout, and the sink of a collector. */
import type { Collector } from "../api/collector.ts";
import type { SeriesSink, SinkStatus } from "../api/sink.ts";
import type { TextFormat } from "../api/collect-options.ts";
import type { FileHeader } from "../file/header.ts";
import { sinkSource } from "../sinks/sink-source.ts";
import { type ChosenSink, PluginSink } from "../sinks/plugin-sink.ts";
import { TeeSink } from "../sinks/tee-sink.ts";
import { ReaderStages } from "../stages/reader-stages.ts";
import { withStages } from "../stages/staged-sink.ts";

/** The collectors of the run, and all whose knowledge of drops counts. */
export interface SinkCollectors {
  readonly used: readonly Collector[];
  readonly known: readonly Collector[];
}

export class RunSinks {
  readonly #stages: ReaderStages[] = [];
  #plugin: PluginSink | undefined;
  #sink: SeriesSink | undefined;

  constructor(private readonly collectors: SinkCollectors) {}

  /** All of them together; undefined: none. */
  get sink(): SeriesSink | undefined {
    return this.#sink;
  }

  /** Whether there is the sink of a collector, which may use timers. */
  get hasPlugin(): boolean {
    return this.#plugin !== undefined;
  }

  /** Adds stdout. */
  async addStdout(sink: SeriesSink, format: TextFormat): Promise<void> {
    this.#add(withStages(sink, await this.#stagesFor(format)));
  }

  /**
   * Adds the sink of a collector.
   * @param open calls a function as whom files belong to
   * @throws TraceError `SINK`
   */
  async addPlugin(chosen: ChosenSink, header: FileHeader, open: <T>(call: () => T) => T): Promise<void> {
    const stages = await this.#stagesFor("sink");
    this.#plugin = await open(() => PluginSink.begin(chosen, sinkSource(header, [])));
    this.#add(withStages(this.#plugin, stages));
  }

  /** Ends the sink of the collector, and says what stages did not do. */
  async end(): Promise<SinkStatus> {
    for (const stages of this.#stages.splice(0)) stages.report();
    return (await this.#plugin?.end()) ?? "ok";
  }

  async #stagesFor(output: TextFormat | "sink"): Promise<ReaderStages> {
    const stages = await ReaderStages.of(this.collectors.used, output, this.collectors.known);
    this.#stages.push(stages);
    return stages;
  }

  #add(sink: SeriesSink): void {
    this.#sink = this.#sink === undefined ? sink : new TeeSink(this.#sink, sink);
  }
}
