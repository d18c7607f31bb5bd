import type { Section } from "../api/section.ts";
import type { SeriesSink } from "../api/sink.ts";
import type { CommandBody } from "../cli/cli-command.ts";
import { collectorDirOption, usedCollectorOption, usedCollectorRequest } from "../cli/collector-dir.ts";
import { formatOption, linkLayerOption, readTextFlags, timeOptions, type TextFlags } from "../cli/text-flags.ts";
import { coreSections } from "../event/core-sections.ts";
import type { EventReader } from "../file/reader.ts";
import { type DropClassifier, dropClassifier, needsClasses } from "../output/drop-classes.ts";
import { createStdoutSink, type StdoutOptions } from "../output/stdout-sink.ts";
import { TextSink } from "../output/text-sink.ts";
import { ReaderStages } from "../stages/reader-stages.ts";
import { withStages } from "../stages/staged-sink.ts";
import { DamagedEvents } from "./damaged-events.ts";
import { actingCollectors, collectorsOfFiles } from "./file-collectors.ts";
import { inputArgument, openInput, reportReadErrors } from "./open-input.ts";
import { startPager } from "./pager.ts";

/** `retis print`: the events of a file as text or JSON, in file order. */
export const print: CommandBody = {
  define(parser, { context }) {
    parser.argument(inputArgument.name, inputArgument.description);
    for (const option of [formatOption(), linkLayerOption(), ...timeOptions(), collectorDirOption(), usedCollectorOption()])
      parser.addOption(option);
    return async () => {
      const request = usedCollectorRequest(parser);
      const loaded = await collectorsOfFiles(context, request, [parser.args[0]]);
      const collectors = loaded.map(({ collector }) => collector);
      const sections = [...coreSections, ...collectors.flatMap((collector) => collector.sections)];
      const flags = readTextFlags(parser);
      const classOf = needsClasses(flags.format) ? await dropClassifier(collectors) : undefined;
      const stages = await ReaderStages.of(actingCollectors(loaded, request), flags.format, collectors);
      return printFile(openInput(parser.args[0], sections, { visited: true }), sections, { ...flags, classOf, stages });
    };
  },
};

interface PrintOptions extends TextFlags {
  /** With the format `flat`. */
  readonly classOf: DropClassifier | undefined;
  readonly stages: ReaderStages;
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

/** Prints until the end, or until nobody reads any more. Returns 1 when events were left out. */
function printEvents(reader: EventReader, sections: readonly Section[], options: StdoutOptions & Pick<PrintOptions, "stages">): number {
  const sink = withStages(createStdoutSink(sections, options), options.stages);
  const damaged = new DamagedEvents();
  let status = sink.flush();
  while (status === "ok" && writeBatch(reader, sink, damaged)) status = sink.flush();
  const exitStatus = damaged.report();
  if (typeof status !== "string") throw status;
  return exitStatus;
}

/** Hands on what was read at once; false at the end of the file. */
function writeBatch(reader: EventReader, sink: SeriesSink, damaged: DamagedEvents): boolean {
  if (reader.kind === "series") {
    const batch = reader.readSeriesBatch();
    for (const series of batch ?? []) damaged.guard(() => sink.writeSeries(series));
    return batch !== undefined;
  }
  return reader.visit({
    event: (event) => damaged.guard(() => sink.write(event)),
    matched: (event) => damaged.guard(() => (sink instanceof TextSink ? sink.writeMatched(event) : sink.write(event.toEvent()))),
  });
}
