import type { Section } from "../api/section.ts";
import type { SeriesSink, SinkStatus } from "../api/sink.ts";
import type { CommandBody, CommandContext } from "../cli/cli-command.ts";
import { collectorDirOption, usedCollectorOption, usedCollectorRequest } from "../cli/collector-dir.ts";
import { formatOption, linkLayerOption, readTextFlags, timeOptions, type TextFlags } from "../cli/text-flags.ts";
import { coreSections } from "../event/core-sections.ts";
import type { EventReader } from "../file/reader.ts";
import { type DropClassifier, dropClassifier, needsClasses } from "../output/drop-classes.ts";
import { isMatchedSink } from "../output/matched-sink.ts";
import { createStdoutSink, type StdoutOptions } from "../output/stdout-sink.ts";
import { TextSink } from "../output/text-sink.ts";
import { PluginSink, type ChosenSink } from "../sinks/plugin-sink.ts";
import { sinkSource } from "../sinks/sink-source.ts";
import { SignalAbort, SignalReceived } from "../signals/abort-on-signal.ts";
import { log } from "../base/log.ts";
import { setImmediate } from "node:timers/promises";
import { chooseSink, collectorsOfSink, requestedSink, sinkOption } from "../cli/sink-request.ts";
import { ReaderStages } from "../stages/reader-stages.ts";
import { withStages } from "../stages/staged-sink.ts";
import { DamagedEvents } from "./damaged-events.ts";
import { actingCollectors, collectorsOfFiles } from "./file-collectors.ts";
import { inputArgument, openInput, reportReadErrors } from "./open-input.ts";
import { startPager } from "./pager.ts";
import { ParallelPrint } from "./parallel-print.ts";

/** `retis print`: the events of a file as text or JSON, in file order. */
export const print: CommandBody = {
  define(parser, { context }) {
    parser.argument(inputArgument.name, inputArgument.description);
    for (const option of [formatOption(), linkLayerOption(), ...timeOptions(), sinkOption(), collectorDirOption(), usedCollectorOption()])
      parser.addOption(option);
    return async () => {
      const wanted = requestedSink(parser);
      const request = usedCollectorRequest(parser);
      const loaded = await collectorsOfFiles(context, request, [parser.args[0]], collectorsOfSink(wanted));
      const sink = wanted && (await chooseSink(wanted, loaded));
      const collectors = loaded.map(({ collector }) => collector);
      const sections = [...coreSections, ...collectors.flatMap((collector) => collector.sections)];
      const flags = readTextFlags(parser);
      const classOf = needsClasses(flags.format) ? await dropClassifier(collectors) : undefined;
      const stages = await ReaderStages.of(actingCollectors(loaded, request), sink === undefined ? flags.format : "sink", collectors);
      const reader = openInput(parser.args[0], sections, { visited: true });
      if (sink !== undefined) return handOver(reader, sink, stages);
      const startWorker = loaded.every(({ source }) => source === "built-in") ? context.startWorker : undefined;
      return printFile(reader, sections, { ...flags, classOf, stages, startWorker });
    };
  },
};

/** How long to wait for a sink that takes nothing at the moment, in milliseconds. */
const congestedMs = 1;

interface PrintOptions extends TextFlags {
  /** With the format `flat`. */
  readonly classOf: DropClassifier | undefined;
  readonly stages: ReaderStages;
  /** Undefined where the other thread does not know all sections. */
  readonly startWorker: CommandContext["startWorker"] | undefined;
}

async function printFile(reader: EventReader, sections: readonly Section[], options: PrintOptions): Promise<number> {
  const pager = startPager();
  const flat = options.classOf && { host: reader.header.host, classOf: options.classOf };
  try {
    const status = printEvents(reader, sections, { ...options, flat, fd: pager?.fd });
    return Math.max(status, options.stages.report(), reportReadErrors(reader));
  } finally {
    reader.close();
    await pager?.close();
  }
}

/** Gives the events to the sink of a collector. */
async function handOver(reader: EventReader, chosen: ChosenSink, stages: ReaderStages): Promise<number> {
  try {
    const sink = await PluginSink.begin(chosen, sinkSource(reader.header, reader.path === "-" ? [] : [reader.path]));
    const status = await fillSink(sink, withStages(sink, stages), reader);
    return Math.max(status, stages.report(), reportReadErrors(reader));
  } finally {
    reader.close();
  }
}

/** Ends the sink on a signal, too, and when the file cannot be read any further. */
async function fillSink(sink: PluginSink, staged: SeriesSink, reader: EventReader): Promise<number> {
  const damaged = new DamagedEvents();
  const abort = new SignalAbort(["SIGINT", "SIGTERM", "SIGHUP"]);
  let ended: SinkStatus = "ok";
  try {
    while (sink.flush() === "ok" && writeBatch(reader, staged, damaged)) {
      await setImmediate();
      while (sink.congested) await Bun.sleep(congestedMs);
      abort.check();
    }
  } catch (error) {
    if (!(error instanceof SignalReceived)) throw error;
    log.warn("Interrupted: not all events were handed over");
    return error.exitCode;
  } finally {
    abort.release();
    ended = await sink.end();
  }
  const exitStatus = damaged.report();
  if (typeof ended !== "string") throw ended;
  return exitStatus;
}

/** Prints until the end, or until nobody reads any more. Returns 1 when events were left out. */
function printEvents(
  reader: EventReader,
  sections: readonly Section[],
  options: StdoutOptions & Pick<PrintOptions, "stages" | "startWorker">,
): number {
  const parallel = new ParallelPrint(sections, options);
  const sink = withStages(createStdoutSink(sections, options), options.stages);
  const damaged = new DamagedEvents();
  let status = sink.flush();
  while (status === "ok" && writeBatch(reader, sink, damaged, parallel)) {
    status = sink.flush();
    if (status === "ok" && sink instanceof TextSink) status = parallel.run(reader, sink);
  }
  const exitStatus = damaged.report();
  if (typeof status !== "string") throw status;
  return exitStatus;
}

/** Hands on what was read at once; false at the end of the file. */
function writeBatch(reader: EventReader, sink: SeriesSink, damaged: DamagedEvents, parallel?: ParallelPrint): boolean {
  if (reader.kind === "series") {
    const batch = reader.readSeriesBatch();
    for (const series of batch ?? []) damaged.guard(() => sink.writeSeries(series));
    return batch !== undefined;
  }
  return reader.visit({
    event: (event) => {
      parallel?.observe(event);
      damaged.guard(() => sink.write(event));
    },
    matched: (event) => {
      parallel?.observeMatched();
      damaged.guard(() => (isMatchedSink(sink) ? sink.writeMatched(event) : sink.write(event.toEvent())));
    },
    target: isMatchedSink(sink) ? sink.target : undefined,
  });
}
