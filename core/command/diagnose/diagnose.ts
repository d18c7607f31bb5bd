import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { hostname, release, tmpdir } from "node:os";
import { join } from "node:path";
import { Option, type Command } from "commander";
import type { DropKnowledge } from "../../api/drop-advice.ts";
import { inputMissing, invalidOption, invalidPacketFilter } from "../../base/errors.ts";
import { log } from "../../base/log.ts";
import { writeJsonAnswer, writeTextAnswer } from "../../cli/answer.ts";
import type { CommandBody, CommandContext } from "../../cli/cli-command.ts";
import { collectorDirOption, collectorDirRequest } from "../../cli/collector-dir.ts";
import { parseCount, parseDuration } from "../../cli/option-values.ts";
import { diagnose as examine } from "../../diagnose/diagnose.ts";
import { DropGroups, groupedSections } from "../../diagnose/drop-groups.ts";
import { diagnosisJson, diagnosisText } from "../../diagnose/report.ts";
import { coreSections } from "../../event/core-sections.ts";
import type { FileHeader } from "../../file/header.ts";
import type { EventReader } from "../../file/reader.ts";
import { classifierOf, type DropClassifier, eventClassifier } from "../../output/drop-classes.ts";
import { ExpressionError } from "../../libpcap/compile-expression.ts";
import { PacketFilter } from "../../libpcap/packet-filter.ts";
import { DamagedEvents } from "../damaged-events.ts";
import { openInput, reportReadErrors } from "../open-input.ts";
import { recordDrops } from "./record-drops.ts";

interface DiagnoseFlags {
  readonly for?: number;
  readonly top: number;
  readonly json?: true;
  readonly allowSystemChanges?: true;
}

const defaultSeconds = 10;

/** What no packet filter begins with: a path, or the name of an event file. */
const namesFile = /^(\.{0,2}|~)\/|\.(cbor|json|jsonl|data|zst)$/;

/** `retis diagnose`: why packets are dropped, by looking at the host. */
export const diagnose: CommandBody = {
  define(parser, { context }) {
    defineArguments(parser);
    return async () => {
      const flags = parser.opts<DiagnoseFlags>();
      const [first, ...rest] = parser.args;
      const isFile = flags.for === undefined && first !== undefined && existsSync(first);
      if (!isFile && first !== undefined && namesFile.test(first)) throw inputMissing(first);
      const filter = (isFile ? rest : parser.args).join(" ");
      const known = await knowledgeOf(context, parser);
      if (isFile) return report(first, filter, flags, known);
      return await recordAndReport(filter, flags, known);
    };
  },
};

function defineArguments(parser: Command): void {
  parser
    .argument("[words...]", "Event file to examine, if there is one of that name; then a packet filter (pcap-filter(7)), e.g. port 443")
    .addOption(
      new Option("--for <time>", "Record drops for this long, e.g. 30s (default: 10s, unless a file is given)").argParser(parseSeconds),
    )
    .addOption(
      new Option("--top <number>", "Examine the host for this many groups of drops; 0 for all")
        .argParser((text: string) => parseCount("--top", text))
        .default(10),
    )
    .option("--json", "Print as JSON")
    .option("--allow-system-changes", "Trace nftables while recording, so that the rule that drops is known")
    .addOption(collectorDirOption());
}

/** `--for`, in seconds. */
function parseSeconds(text: string): number {
  const seconds = parseDuration("--for", text) / 1e9;
  if (seconds < 0.1) throw invalidOption("--for", text, "less than 100ms");
  return seconds;
}

async function knowledgeOf(context: CommandContext, parser: Command): Promise<readonly DropKnowledge[]> {
  const loaded = await context.loadCollectors({ ...collectorDirRequest(parser), quiet: true });
  const settled = await Promise.allSettled(loaded.map(({ collector }) => collector.dropKnowledge?.()));
  return settled.flatMap((each) => (each.status === "fulfilled" && each.value ? [each.value] : []));
}

async function recordAndReport(filter: string, flags: DiagnoseFlags, known: readonly DropKnowledge[]): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), "retis-diagnose-"));
  try {
    const path = join(directory, "drops.cbor");
    const seconds = flags.for ?? defaultSeconds;
    log.info(`Recording drops for ${seconds} s ...`);
    await recordDrops({ path, seconds, filter, systemChanges: flags.allowSystemChanges === true });
    return report(path, "", flags, known);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function report(path: string, filter: string, { top, json }: DiagnoseFlags, known: readonly DropKnowledge[]): number {
  const reader = openInput(path, coreSections, { sections: groupedSections });
  try {
    const isHere = isOfThisHost(reader.header);
    const groups = groupsOf(reader, filter, classifierOf(known)).ranking();
    const advice = known.flatMap((each) => each.advice);
    reportReadErrors(reader);
    if (!isHere) log.warn("The file was recorded on another host, or with another kernel: this host is not examined");
    const diagnoses = examine({ groups, advice, limit: top === 0 ? groups.length : top, examineHost: isHere });
    if (json) writeJsonAnswer(diagnosisJson(diagnoses));
    else writeTextAnswer(diagnosisText(diagnoses));
    return 0;
  } finally {
    reader.close();
  }
}

function isOfThisHost({ host, startup }: FileHeader): boolean {
  return startup.machine.kernel_release === release() && (host === undefined || host === hostname());
}

/** Reads to the end. */
function groupsOf(reader: EventReader, expression: string, classes: DropClassifier): DropGroups {
  const filter = expression === "" ? undefined : packetFilter(expression);
  const isWanted = filter && ((bytes: Uint8Array, length: number) => filter.matches(bytes, bytes.length, length));
  const groups = new DropGroups(isWanted, eventClassifier(classes));
  const damaged = new DamagedEvents();
  const next = () => (reader.kind === "series" ? reader.readSeriesBatch()?.flat() : reader.readBatch());
  for (let batch = next(); batch !== undefined; batch = next()) {
    for (const event of batch) damaged.guard(() => groups.add(event));
  }
  damaged.report();
  return groups;
}

function packetFilter(expression: string): PacketFilter {
  try {
    return new PacketFilter(expression, "ethernet");
  } catch (error) {
    if (error instanceof ExpressionError) throw invalidPacketFilter(expression, error.message, undefined);
    throw error;
  }
}
