import { Option, type Command } from "commander";
import { optionNeedsOther, outputIsInput } from "../../base/errors.ts";
import { log } from "../../base/log.ts";
import type { CommandBody } from "../../cli/cli-command.ts";
import type { OutputFile } from "../../api/collect-options.ts";
import { collectorDirOption, usedCollectorOption, usedCollectorRequest } from "../../cli/collector-dir.ts";
import { outputFileOf, parseCount } from "../../cli/option-values.ts";
import { takesSink } from "../../cli/parser.ts";
import { formatOption, linkLayerOption, readTextFlags, timeOptions } from "../../cli/text-flags.ts";
import { coreSections } from "../../event/core-sections.ts";
import { dropClassifier, needsClasses } from "../../output/drop-classes.ts";
import type { EventReader } from "../../file/reader.ts";
import { resolveInput } from "../../file/rotation.ts";
import { SignalAbort, SignalReceived } from "../../signals/abort-on-signal.ts";
import { conditionOptions, readConditions } from "./series-conditions.ts";
import { actingCollectors, collectorsOfFiles } from "../file-collectors.ts";
import { chooseSink, collectorsOfSink, sinkRequestOf } from "../../cli/sink-request.ts";
import type { ReaderOutput } from "../../api/reader-stage.ts";
import { ReaderStages } from "../../stages/reader-stages.ts";
import { inputArgument, openInput, reportReadErrors } from "../open-input.ts";
import { isSameFile } from "../../base/same-file.ts";
import { type Inputs, sortInputs, type SortOptions } from "./sort-inputs.ts";

interface SortFlags {
  readonly out?: string;
  readonly outFormat?: OutputFile["form"];
  readonly print?: true;
  readonly maxBuffer: number;
}

/** Takes some 100 MiB of memory. */
const defaultLimit = 1_000_000;

/** `retis sort`: the paths of packets through the kernel, one after the other. */
export const sort: CommandBody = {
  define(parser, { context }) {
    parser.argument("[input...]", inputArgument.description);
    for (const option of [...outputOptions(), ...conditionOptions(), collectorDirOption(), usedCollectorOption()]) parser.addOption(option);
    return async () => {
      const flags = parser.opts<SortFlags>();
      const request = readConditions(parser);
      const wanted = sinkRequestOf(flags.out);
      const file = wanted === undefined ? outputFile(flags, parser) : noFile(flags);
      const used = usedCollectorRequest(parser);
      const loaded = await collectorsOfFiles(context, used, argumentsOf(parser), collectorsOfSink(wanted));
      const sink = wanted && (await chooseSink(wanted, loaded));
      const collectors = loaded.map(({ collector }) => collector);
      const sections = [...coreSections, ...collectors.flatMap((collector) => collector.sections)];
      const text = (file === undefined && sink === undefined) || flags.print ? readTextFlags(parser) : undefined;
      const classOf = text !== undefined && needsClasses(text.format) ? await dropClassifier(collectors) : undefined;
      const stagesFor = (output: ReaderOutput) => ReaderStages.of(actingCollectors(loaded, used), output, collectors);
      return run(parser, {
        file,
        text,
        classOf,
        textStages: text && (await stagesFor(text.format)),
        fileStages: file && (await stagesFor("file")),
        sink,
        sinkStages: sink && (await stagesFor("sink")),
        limit: flags.maxBuffer === 0 ? Number.POSITIVE_INFINITY : flags.maxBuffer,
        request,
        sections,
      });
    };
  },
};

function outputOptions(): readonly Option[] {
  const memory = new Option("--max-buffer <events>", "Number of events to hold in memory before using temporary files; 0 for all");
  return [
    takesSink(
      new Option(
        "-o, --out <file>",
        "Write a sorted event file instead of printing, or plugin:NAME[,OPTION=VALUE...] for the sink of a collector",
      ),
    ),
    new Option("--out-format <form>", "Format of the file (default: json for .json and .jsonl names, otherwise cbor)").choices([
      "cbor",
      "json",
    ]),
    new Option("--print", "Print events as well when writing a file"),
    formatOption(),
    linkLayerOption(),
    ...timeOptions(),
    memory.argParser((text: string) => parseCount("--max-buffer", text)).default(defaultLimit),
  ];
}

/** A sink has options of its own. */
function noFile({ outFormat }: SortFlags): undefined {
  if (outFormat !== undefined) throw optionNeedsOther("--out-format", "a file as --out");
}

/** The file to write. Refuses, before anything is opened for writing, what would spoil an input. */
function outputFile({ out, outFormat }: SortFlags, parser: Command): OutputFile | undefined {
  if (out === undefined && outFormat !== undefined) throw optionNeedsOther("--out-format", "--out");
  if (out === undefined) return undefined;
  for (const argument of argumentsOf(parser)) {
    const { path } = resolveInput(argument);
    if (path !== "-" && isSameFile(path, out)) throw outputIsInput(out);
  }
  return outputFileOf(out, outFormat, undefined);
}

function argumentsOf({ args }: Command): readonly [string | undefined, ...string[]] {
  const [first, ...others] = args;
  return [first, ...others];
}

async function run(parser: Command, options: SortOptions): Promise<number> {
  const readers: EventReader[] = [];
  const abort = new SignalAbort(["SIGINT", "SIGTERM", "SIGHUP"]);
  try {
    for (const argument of argumentsOf(parser)) readers.push(openInput(argument, options.sections, { check: abort.check }));
    const status = await sortInputs(readers as unknown as Inputs, options, abort);
    const { textStages, fileStages, sinkStages } = options;
    return Math.max(
      status,
      textStages?.report() ?? 0,
      fileStages?.report() ?? 0,
      sinkStages?.report() ?? 0,
      ...readers.map(reportReadErrors),
    );
  } catch (error) {
    if (!(error instanceof SignalReceived)) throw error;
    log.warn("Interrupted: no output file was written");
    return error.exitCode;
  } finally {
    abort.release();
    for (const reader of readers) reader.close();
  }
}
