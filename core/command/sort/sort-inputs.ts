import type { Event } from "../../api/event.ts";
import type { Section } from "../../api/section.ts";
import { outputIsInput } from "../../base/errors.ts";
import { log } from "../../base/log.ts";
import { counted } from "../../base/plural.ts";
import type { OutputFile } from "../../api/collect-options.ts";
import type { TextFlags } from "../../cli/text-flags.ts";
import { ClockOffsets } from "../../file/clock-offsets.ts";
import type { FileHeader } from "../../file/header.ts";
import type { EventReader } from "../../file/reader.ts";
import type { DropClassifier } from "../../output/drop-classes.ts";
import { createStdoutSink } from "../../output/stdout-sink.ts";
import { InputIndexer } from "../../sort/index-inputs.ts";
import { SeriesReader } from "../../sort/series-reader.ts";
import type { ReaderStages } from "../../stages/reader-stages.ts";
import { withStages } from "../../stages/staged-sink.ts";
import type { SignalAbort } from "../../signals/abort-on-signal.ts";
import type { SeriesRequest } from "./series-conditions.ts";
import type { SeriesSink, SinkStatus } from "../../api/sink.ts";
import { type ChosenSink, PluginSink } from "../../sinks/plugin-sink.ts";
import { sinkSource } from "../../sinks/sink-source.ts";
import { TeeSink } from "../../sinks/tee-sink.ts";
import { mergeHeaders } from "./merge-headers.ts";
import { startPager } from "../pager.ts";
import { isSameFile } from "../../base/same-file.ts";
import { SortedOutput } from "./sorted-output.ts";

/** What a run of `retis sort` has to do. */
export interface SortOptions {
  readonly file: OutputFile | undefined;
  /** How to print; undefined: not at all. */
  readonly text: TextFlags | undefined;
  /** With the format `flat`. */
  readonly classOf: DropClassifier | undefined;
  /** What collectors make of the events that are printed, and of those of the file. */
  readonly textStages: ReaderStages | undefined;
  readonly fileStages: ReaderStages | undefined;
  /** The sink of a collector. */
  readonly sink: ChosenSink | undefined;
  readonly sinkStages: ReaderStages | undefined;
  /** Events kept in memory. */
  readonly limit: number;
  readonly request: SeriesRequest;
  readonly sections: readonly Section[];
}

/** Readers of the inputs, at least one. */
export type Inputs = readonly [EventReader, ...EventReader[]];

/** Events grouped, and series written, between two checks for signals. */
const eventsAtOnce = 16_384;
const seriesAtOnce = 64;

/** Sorts the inputs and writes or prints the series. Returns 1 when events were left out, else 0. Throws TraceErrors, and SignalReceived. */
export async function sortInputs(inputs: Inputs, options: SortOptions, abort: SignalAbort): Promise<0 | 1> {
  const [reader] = inputs;
  if (inputs.length === 1 && reader.kind === "series" && !options.request.isSelective) {
    log.info("The input is sorted already");
    const header = outputHeader(reader.header, inputs);
    return withOutput(header, inputs, options, abort, (output) => passThrough(reader, output, abort));
  }
  const indexer = new InputIndexer(inputs, { ...options.request, limit: options.limit, sections: options.sections });
  try {
    index(indexer, inputs, abort);
    options.request.checkIds();
    for (const warning of options.request.warnings()) log.warn(warning);
    refuseOutput(indexer, options.file);
    const header = outputHeader(indexer.header, inputs);
    const status = await withOutput(header, inputs, options, abort, (output) => writeAllSeries(indexer, output, abort));
    report(indexer, options);
    return status;
  } finally {
    indexer.close();
  }
}

function index(indexer: InputIndexer, inputs: Inputs, abort: SignalAbort): void {
  for (const input of inputs) {
    for (const _piece of indexer.read(input)) abort.check();
  }
  while (!indexer.index.group(eventsAtOnce)) abort.check();
}

/** Parts of a rotated input are known only now. */
function refuseOutput({ sources }: InputIndexer, file: OutputFile | undefined): void {
  if (file !== undefined && sources.paths.some((path) => isSameFile(path, file.path))) throw outputIsInput(file.path);
}

/** Opens the outputs, lets them be filled, and completes them; a file that is not completed is removed. */
async function withOutput(
  header: FileHeader,
  inputs: Inputs,
  options: SortOptions,
  abort: SignalAbort,
  fill: (output: SortedOutput) => Promise<void>,
): Promise<0 | 1> {
  const { text, request, file, sections } = options;
  const pager = text === undefined ? undefined : startPager();
  // With a pager Ctrl-C is a command to it.
  if (pager !== undefined) abort.release("SIGINT");
  let plugin: PluginSink | undefined;
  try {
    const offsets = new ClockOffsets();
    offsets.observe(header as unknown as Event);
    const flat = options.classOf && { host: header.host, classOf: options.classOf };
    const stdout = text && createStdoutSink(sections, { ...text, flat, offsets, fd: pager?.fd, patient: true });
    const shown = stdout && options.textStages ? withStages(stdout, options.textStages) : stdout;
    plugin = options.sink && (await PluginSink.begin(options.sink, sinkSource(header, pathsOf(inputs))));
    const sink = joined(shown, plugin && withStages(plugin, options.sinkStages!));
    const output = new SortedOutput(header, file, sink, abort.check, options.fileStages);
    try {
      if (text?.format === "json" || text?.format === "flat") output.showHeader(header, true);
      else if (!request.isSelective) output.showHeader(header, false);
      await fill(output);
      requireWritten((await plugin?.end()) ?? "ok");
      return output.close();
    } catch (error) {
      output.discard();
      throw error;
    }
  } finally {
    await plugin?.end();
    await pager?.close();
  }
}

function pathsOf(inputs: Inputs): readonly string[] {
  return inputs.map(({ path }) => path).filter((path) => path !== "-");
}

function joined(first: SeriesSink | undefined, second: SeriesSink | undefined): SeriesSink | undefined {
  return first !== undefined && second !== undefined ? new TeeSink(first, second) : (first ?? second);
}

/** @throws TraceError the failure of a sink */
function requireWritten(status: SinkStatus): void {
  if (typeof status !== "string") throw status;
}

async function writeAllSeries(indexer: InputIndexer, output: SortedOutput, abort: SignalAbort): Promise<void> {
  const reader = new SeriesReader(indexer);
  for (let count = 1; output.isWanted; count++) {
    const parts = reader.next();
    if (parts === undefined) break;
    for (const part of parts) output.writePart(reader, part);
    if (count % seriesAtOnce === 0) await output.flush(abort);
  }
  await output.flush(abort);
}

/** The series of a sorted file as they are; its startup event was shown and written as the header. */
async function passThrough(reader: EventReader, output: SortedOutput, abort: SignalAbort): Promise<void> {
  let isFirst = true;
  for (let batch = reader.readSeriesBatch(); batch !== undefined && output.isWanted; batch = reader.readSeriesBatch()) {
    for (const series of batch) {
      const events = isFirst ? series.slice(0, -1) : series;
      isFirst = false;
      if (events.length > 0) output.writeSeries(events);
    }
    await output.flush(abort);
  }
}

/** The header of a sorted file: it is not rotated, its schema is that of all inputs, and its version that of the recorder. */
function outputHeader(header: FileHeader, inputs: Inputs): FileHeader {
  const { split_file: _part, ...startup } = header.startup;
  const merged = mergeHeaders(
    header,
    inputs.map((input) => input.header),
  );
  return { ...merged, startup };
}

function report({ lost, skipped, links, unwritable, severalClocks, index, events }: InputIndexer, { request, file }: SortOptions): void {
  if (severalClocks) log.info("Inputs from several machines or boots: times are those of the one that was started first");
  if (links.orphans > 0) log.warn(`${counted(links.orphans, "event")} without a packet: the path before was not recorded`);
  if (lost > 0n) log.warn(`Events lost while recording: ${lost}; packet paths may have gaps`);
  if (skipped > 0n) log.warn(`Probe hits skipped while recording: ${skipped}; packet paths may have gaps`);
  if (unwritable.count > 0) log.warn(`${counted(unwritable.count, "event")} skipped, the first because ${unwritable.reason}`);
  if (request.isSelective && index.seriesCount === 0) log.warn("No packet meets all conditions");
  if (file !== undefined) log.info(`${counted(events, "event")} read, ${index.seriesCount} series written`);
}
