import { realpathSync } from "node:fs";
import type { Collector } from "../../api/collector.ts";
import type { LoadedCollector } from "../../api/loaded-collector.ts";
import { findingText, summaryText } from "../../authoring/report.ts";
import { testCollector } from "../../authoring/collector-test.ts";
import { invalidOption } from "../../base/errors.ts";
import { log } from "../../base/log.ts";
import { counted } from "../../base/plural.ts";
import { writeAnswer } from "../../cli/answer.ts";
import type { CommandBody, CommandContext } from "../../cli/cli-command.ts";
import { isPath } from "../../cli/select-collectors.ts";
import { formatOption, linkLayerOption, readTextFlags, timeOptions, type TextFlags } from "../../cli/text-flags.ts";
import { coreSections } from "../../event/core-sections.ts";
import { ClockOffsets } from "../../file/clock-offsets.ts";
import { Kernel } from "../../kernel/kernel.ts";
import { dropClassifier, needsClasses } from "../../output/drop-classes.ts";
import { createStdoutSink } from "../../output/stdout-sink.ts";
import { ReaderStages } from "../../stages/reader-stages.ts";
import { withStages } from "../../stages/staged-sink.ts";
import { createHost } from "../../probe/collector-host.ts";
import { readRecords } from "../../records/read-records.ts";
import { Replay } from "../../records/replay.ts";

/** `retis collector test DIRECTORY`: what can be found out about a collector, and its scenarios; `--replay` decodes records again. */
export const collectorTest: CommandBody = {
  define(parser, { context }) {
    parser
      .argument("<directory>", "Directory of the collector")
      .option("--update", "Write the golden files of the directory from what comes now")
      .option("--replay <file>", "Decode records of 'retis collect --save-records' again, and print the events");
    for (const option of [formatOption(), linkLayerOption(), ...timeOptions()]) parser.addOption(option);
    return async () => {
      const { update = false, replay } = parser.opts<{ update?: true; replay?: string }>();
      if (update && replay !== undefined) throw invalidOption("--replay", replay, "--update writes golden files, and a replay has none");
      const { subject, others } = await load(context, parser.args[0]!);
      if (replay !== undefined) return printReplay(replay, [subject.collector, ...others], readTextFlags(parser));
      return runTest(subject, others, update);
    };
  },
};

interface Loaded {
  readonly subject: LoadedCollector;
  readonly others: readonly Collector[];
}

async function load(context: CommandContext, directory: string): Promise<Loaded> {
  const path = isPath(directory) ? directory : `./${directory}`;
  const loaded = await context.loadCollectors({ directories: [], paths: [path], names: [], onlyRequested: true, quiet: true });
  const subject = loaded.find(({ source }) => source === "path")!;
  return {
    subject: (await subject.load?.()) ?? subject,
    others: loaded.filter((one) => one.source === "built-in").map(({ collector }) => collector),
  };
}

async function runTest({ collector, directory = "" }: LoadedCollector, others: readonly Collector[], update: boolean): Promise<number> {
  const host = createHost(new Kernel(), false);
  const findings = [];
  for await (const finding of testCollector({ collector, directory: realpathSync(directory), others, host, update })) {
    findings.push(finding);
    writeAnswer(findingText(finding));
  }
  writeAnswer(summaryText(findings));
  return findings.some(({ status }) => status === "FAIL") ? 1 : 0;
}

/** @returns 1 when something could not be decoded */
async function printReplay(path: string, collectors: readonly Collector[], flags: TextFlags): Promise<number> {
  const saved = readRecords(path);
  const replay = new Replay(saved, collectors);
  const sections = [...coreSections, ...collectors.flatMap((collector) => collector.sections)];
  const classOf = needsClasses(flags.format) ? await dropClassifier(collectors) : undefined;
  const offsets = new ClockOffsets();
  offsets.observe({ startup: { clock_monotonic_offset: saved.header.clock_monotonic_offset } });
  const stages = await ReaderStages.of(collectors, flags.format, collectors);
  const sink = withStages(createStdoutSink(sections, { ...flags, offsets, flat: classOf && { host: undefined, classOf } }), stages);
  for (const event of replay.events()) {
    sink.write(event);
    if (sink.flush() === "reader-gone") return 0;
  }
  const status = sink.close();
  if (typeof status !== "string") throw status;
  return reportReplay(replay, saved);
}

function reportReplay({ stats, unknownSections }: Replay, { damage, path, records, answers }: ReturnType<typeof readRecords>): number {
  const bad = [...stats.badSections].map(([key, count]) => `section ${key} of ${counted(count, "record")} cannot be decoded`);
  const broken = stats.truncatedRecords + stats.emptyRecords;
  if (broken > 0) bad.push(`${counted(broken, "record")} cannot be decoded`);
  if (damage !== undefined) bad.push(`${path} is damaged ${damage}; ${counted(records.length, "record")} before that were read`);
  for (const fault of bad) log.warn(fault);
  if (unknownSections.length > 0) log.info(`Left out, as no collector here has them: ${unknownSections.join(", ")}`);
  for (const question of answers.missing) log.debug(`Not answered by the recording: ${question}`);
  return bad.length === 0 ? 0 : 1;
}
