import { Option, type Command } from "commander";
import type { Event } from "../../api/event.ts";
import type { Section } from "../../api/section.ts";
import type { SinkStatus } from "../../api/sink.ts";
import { captureToTerminal, noProbeEvent, outputIsInput } from "../../base/errors.ts";
import { log } from "../../base/log.ts";
import { isSameFile } from "../../base/same-file.ts";
import { counted } from "../../base/plural.ts";
import { stdoutDescriptor } from "../../base/stdout.ts";
import { streamOf } from "../../base/terminal.ts";
import { writeAnswer } from "../../cli/answer.ts";
import type { CommandBody } from "../../cli/cli-command.ts";
import { collectorDirOption, collectorDirRequest } from "../../cli/collector-dir.ts";
import { collects } from "../../cli/parser.ts";
import { coreSections } from "../../event/core-sections.ts";
import type { MatchedEvent } from "../../pattern/matched-event.ts";
import { eventSchema } from "../../event/json-schema.ts";
import type { EventReader } from "../../file/reader.ts";
import { resolveInput } from "../../file/rotation.ts";
import { ByteOutput } from "../../output/byte-output.ts";
import { PcapngSink } from "../../output/pcapng-sink.ts";
import { DamagedEvents } from "../damaged-events.ts";
import { ReaderStages } from "../../stages/reader-stages.ts";
import { actingCollectors, collectorsOfFiles } from "../file-collectors.ts";
import { inputArgument, openInput, reportReadErrors } from "../open-input.ts";
import { ProbeChoice } from "../probe-choice.ts";
import { ProbeTable } from "./probe-table.ts";

interface PcapFlags {
  readonly out: string;
  readonly probe?: readonly string[];
  readonly listProbes?: true;
  readonly plain?: true;
}

/** Sections that packets without comments and metadata are made of. */
const packetSections = ["common", "startup", "clock", "kernel", "packet", "skb"] as const;

/** `retis pcap`: the packets of a file, sorted or not, as a pcapng capture in file order. */
export const pcap: CommandBody = {
  define(parser, { context }) {
    parser.argument(inputArgument.name, inputArgument.description);
    for (const option of [...pcapOptions(), collectorDirOption()]) parser.addOption(option);
    return async () => {
      const flags = parser.opts<PcapFlags>();
      const choice = new ProbeChoice(flags.probe ?? []);
      checkOutput(flags, parser);
      const loaded = await collectorsOfFiles(context, collectorDirRequest(parser), [parser.args[0]]);
      const sections = [...coreSections, ...loaded.flatMap(({ collector }) => collector.sections)];
      const reader = openInput(
        parser.args[0],
        sections,
        flags.listProbes || flags.plain ? { sections: packetSections, visited: true } : { visited: true },
      );
      try {
        if (flags.listProbes) return listProbes(reader, choice);
        const builtIn = actingCollectors(loaded, { names: [] });
        const stages = await ReaderStages.of(flags.plain ? [] : builtIn, "json", builtIn);
        return convert(reader, choice, sections, { ...flags, stages });
      } finally {
        reader.close();
      }
    };
  },
};

function pcapOptions(): readonly Option[] {
  return [
    new Option("-o, --out <file>", "File to write, - for stdout").default("-", "stdout"),
    collects(new Option("-p, --probe <probe>", "Only packets of this probe, e.g. tp:skb:kfree_skb or net:netif_*; repeatable"), (text) => [
      text,
    ]),
    new Option("--list-probes", "List the probes of the file, and write no capture"),
    new Option("--plain", "Packets only: no comments and no metadata for the Wireshark plugin"),
  ];
}

/** Refuses, before anything is opened for writing, what would spoil the input or the terminal. */
function checkOutput({ out, listProbes }: PcapFlags, parser: Command): void {
  if (listProbes) return;
  if (out === "-") {
    if (streamOf(stdoutDescriptor()).isTTY) throw captureToTerminal();
    return;
  }
  const { path } = resolveInput(parser.args[0]);
  if (path !== "-" && isSameFile(path, out)) throw outputIsInput(out);
}

function listProbes(reader: EventReader, choice: ProbeChoice): number {
  const table = new ProbeTable();
  const damaged = new DamagedEvents();
  const add = (event: Event): void => damaged.guard(() => choice.matches(event) && table.add(event));
  while (reader.visit({ event: add, matched: (event) => add(event.toEvent()) }));
  const status = Math.max(damaged.report(), reportReadErrors(reader));
  const text = table.text();
  if (text === "") throw noProbeEvent(choice.wanted, choice.seen);
  writeAnswer(text);
  return status;
}

interface CaptureOptions extends PcapFlags {
  readonly stages: ReaderStages;
}

function convert(reader: EventReader, choice: ProbeChoice, sections: readonly Section[], options: CaptureOptions): number {
  const { out, plain, stages } = options;
  const { startup, schema } = reader.header;
  const { kernel_release, kernel_version, hardware_name } = startup.machine;
  const sink = new PcapngSink(new ByteOutput(out), {
    sections,
    origin: {
      hardware: hardware_name,
      operatingSystem: `Linux ${kernel_release} ${kernel_version}`,
      application: `retis ${startup.retis_version}`,
    },
    clockOffset: startup.clock_monotonic_offset,
    schema: plain ? undefined : (schema ?? eventSchema(sections)),
    shown: (event) => stages.apply(event) ?? event,
  });
  const damaged = new DamagedEvents();
  const status = writePackets(reader, choice, sink, damaged);
  if (typeof status !== "string") throw status;
  return Math.max(damaged.report(), status === "ok" ? report(reader, choice, sink) : 0);
}

/** Writes until the end, or until nobody reads any more. What was read at once is handed on at once, for live input. */
function writePackets(reader: EventReader, choice: ProbeChoice, sink: PcapngSink, damaged: DamagedEvents): SinkStatus {
  let status: SinkStatus = "ok";
  const write = (event: Event): void =>
    damaged.guard(() => (event["startup"] || event["clock"] || choice.matches(event)) && sink.write(event));
  const writeMatched = (event: MatchedEvent): void => damaged.guard(() => isChosen(event, choice) && sink.writeMatched(event));
  while (status === "ok" && reader.visit({ event: write, matched: writeMatched })) status = sink.flush();
  const closed = sink.close();
  return status === "ok" ? closed : status;
}

/** Events of a pattern are of one probe. */
function isChosen(event: MatchedEvent, choice: ProbeChoice): boolean {
  return event.pattern.noteOf(choice, () => choice.matches(event.toEvent()));
}

function report(reader: EventReader, choice: ProbeChoice, { packets, withoutPacket, shortened }: PcapngSink): number {
  const status = reportReadErrors(reader);
  if (packets + withoutPacket === 0) throw noProbeEvent(choice.wanted, choice.seen);
  for (const text of choice.missed) log.warn(`No event of probe ${text}; --list-probes lists the probes of the file`);
  if (withoutPacket > 0) log.warn(`${counted(withoutPacket, "event")} without a packet skipped; the collector skb records packets`);
  if (shortened > 0) log.warn(`${counted(shortened, "packet")} written without comment or metadata longer than pcapng allows`);
  if (packets === 0) log.warn("No packets to write");
  else log.info(`${counted(packets, "packet")} written`);
  return status;
}
