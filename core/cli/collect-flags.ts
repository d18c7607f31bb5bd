/** The options of `collect` that core owns, as command-line flags, and back. */
import { Option, type Command } from "commander";
import { optionNeedsOther } from "../base/errors.ts";
import type { CollectorRequest } from "./cli-command.ts";
import { collectorDirOption } from "./collector-dir.ts";
import type { CollectOptions, OutputFile } from "../api/collect-options.ts";
import { outputFileOf, parseCollectors, parseCount, parseRings, parseRingSize, parseRotation, parseTrackingSize } from "./option-values.ts";
import { collects, takesSink } from "./parser.ts";
import { isPath } from "./select-collectors.ts";
import { type SinkRequest, sinkRequestOf } from "./sink-request.ts";
import { formatOption, linkLayerOption, readTextFlags, timeOptions } from "./text-flags.ts";

/** Values as commander gives them. */
interface ParsedFlags {
  readonly collectors?: readonly string[];
  readonly collectorDir?: readonly string[];
  readonly probe?: readonly string[];
  readonly filterPacket?: string;
  readonly filterMeta?: string;
  readonly dev?: string;
  readonly netns?: string;
  readonly container?: string;
  readonly process?: string;
  readonly stack?: true;
  readonly probeStack?: true;
  /** True when given without a name. */
  readonly out?: string | true;
  readonly outFormat?: OutputFile["form"];
  readonly outRotate?: number;
  readonly saveRecords?: string;
  readonly print?: true;
  readonly all?: true;
  readonly maxRate: number;
  readonly cmd?: string;
  readonly stopAfter: number;
  readonly allowSystemChanges?: true;
  readonly user?: string;
  readonly kconf?: string;
  readonly ringSize: number;
  readonly rings?: number;
  readonly trackingSize: number;
}

const defaultFile = "retis.data";
const defaultMaxRate = 200;
const defaultRingSize = "16M";
const defaultTrackingSize = 32768;

// The first line of a description of several says what the option is: completion shows no more.

const probeHelp = `\
Probe: [TYPE:]TARGET[/OPTION...]; repeatable
TYPE kprobe (k): function entry, the default
TYPE kretprobe (kr): function return
TYPE tp: tracepoint, the default for GROUP:EVENT
TYPE usdt: static probe PROGRAM:PROVIDER:NAME
TYPE uprobe (u): user function PROGRAM:FUNCTION;
PROGRAM: path, process id or process name
* in TARGET matches any characters: net:netif_*
/stack: add a stack trace to its events
/optional: no error where TARGET does not exist
:{FIELD,...}: record these values, e.g.
tcp_retransmit_skb:{sk.sk_state, hex(skb.mark)}
'retis inspect' lists what can be probed`;

const rotationHelp = `\
Start a new file at this size, e.g. 100MB or 2GB
Files are called NAME.0, NAME.1, …; each is
complete, and 'retis print NAME.0..' reads all`;

const systemChangesHelp = `\
Allow system changes during the run:
- mount tracefs where it is missing
- expedite RCU grace periods when detaching
- what the chosen collectors need, e.g. nft adds
a table that turns on rule tracing`;

/** Adds core's options to the parser of `collect`. */
export function addCollectFlags(parser: Command): void {
  for (const option of collectOptions()) parser.addOption(option);
}

/** Long names of core's options with their dashes; no collector may claim one. */
export function collectFlagNames(): readonly string[] {
  return ["--help", ...collectOptions().flatMap((option) => option.long ?? [])];
}

function collectOptions(): readonly Option[] {
  return [...whatOptions(), ...outputOptions(), ...limitOptions(), ...hostOptions()];
}

function whatOptions(): readonly Option[] {
  return [
    collects(
      new Option(
        "-c, --collectors <list>",
        "Collectors to use, or auto for all that can run on this host; a value with a / is the directory of one, or a packed file",
      ),
      parseCollectors,
    ).default(undefined, "auto"),
    collectorDirOption(),
    collects(new Option("-p, --probe <probe>", probeHelp), (text) => [text]),
    new Option("--stack", "Add a stack trace to the events of all kernel probes"),
    new Option("--probe-stack", "Also probe the functions on the stacks of matching packets; needs a filter"),
    new Option("-f, --filter-packet <filter>", "Only packets that match this expression of tcpdump (pcap-filter), e.g. 'tcp port 443'"),
    new Option("-m, --filter-meta <filter>", "Only packets whose metadata matches, e.g. 'sk_buff.dev.name == \"eth0\"'"),
    new Option("--dev <name>", "Only packets at the network device of this name"),
    new Option("--netns <namespace>", "Only packets in this network namespace: a name, process id, inode number or path"),
    new Option("--container <name>", "Only packets in the network namespace of this container: a name, pod (NAMESPACE/NAME) or id"),
    new Option("--process <pid>", "Only packets of sockets in the control group of this process"),
  ];
}

function outputOptions(): readonly Option[] {
  return [
    takesSink(
      new Option(
        "-o, --out [file]",
        `Write events to a file instead of stdout (default name: ${defaultFile}), or plugin:NAME[,OPTION=VALUE...] for the sink of a collector`,
      ),
    ),
    new Option("--out-format <form>", "Format of the file (default: json for .json and .jsonl names, otherwise cbor)").choices([
      "cbor",
      "json",
    ]),
    new Option("--out-rotate <size>", rotationHelp).argParser(parseRotation),
    new Option("--print", "Print events as well when writing a file"),
    new Option("--save-records <file>", "Also save the raw records, for 'retis collector test --replay'"),
    formatOption(),
    new Option("--all", "With --format compact: show each of the drops that are normal, instead of their number every 10 s"),
    new Option("--max-rate <rows>", "With --format compact: rows a second; more events are counted instead of shown, 0 for no limit")
      .argParser((text) => parseCount("--max-rate", text))
      .default(defaultMaxRate),
    linkLayerOption(),
    ...timeOptions(),
  ];
}

function limitOptions(): readonly Option[] {
  return [
    new Option("--cmd <command>", "Run a shell command and collect until it exits"),
    new Option("--stop-after <events>", "Stop after this many events; 0 for no limit")
      .argParser((text) => parseCount("--stop-after", text))
      .default(0),
    new Option(
      "--ring-size <bytes>",
      "Size of the ring buffer between kernel and retis, with suffix K, M or G; rounded up to a power of two",
    )
      .argParser(parseRingSize)
      .default(parseRingSize(defaultRingSize), defaultRingSize),
    new Option(
      "--rings <number>",
      "Ring buffers that share the ring size, each for a group of CPUs (default: one for 4 CPUs from 8 CPUs on, otherwise 1)",
    ).argParser(parseRings),
    new Option("--tracking-size <packets>", "Number of packets that can be tracked at the same time")
      .argParser((text) => parseTrackingSize(text))
      .default(defaultTrackingSize),
  ];
}

function hostOptions(): readonly Option[] {
  return [
    new Option("--allow-system-changes", systemChangesHelp),
    new Option("--user <name>", "Become this user, who also gets the files, once all probes are attached"),
    new Option("--kconf <file>", "Kernel configuration file (default: search the usual places)"),
  ];
}

/** Where the options say that third-party collectors are. */
export function collectorRequest(parser: Command): CollectorRequest {
  const { collectors = [], collectorDir = [] } = parser.opts<Partial<ParsedFlags>>();
  return { directories: collectorDir, paths: collectors.filter(isPath), names: collectors.filter((value) => !isPath(value)) };
}

/** The sink that `-o` names. @throws TraceError `INVALID_OPTION` */
export function requestedSink(parser: Command): SinkRequest | undefined {
  const { out } = parser.opts<Partial<ParsedFlags>>();
  return out === true ? undefined : sinkRequestOf(out);
}

/** Values of `-c`, as given. */
export function requestedCollectors(parser: Command): readonly string[] {
  return parser.opts<ParsedFlags>().collectors ?? [];
}

function isFiltered({ filterPacket, filterMeta, dev, netns, container, process }: ParsedFlags): boolean {
  return [filterPacket, filterMeta, dev, netns, container, process].some((given) => given !== undefined);
}

/** Core's options after parsing; what concerns collectors is for the caller to add. Throws OPTION_NEEDS_OTHER. */
export function readCollectFlags(parser: Command): Omit<CollectOptions, "choice" | "collectorOptions" | "commandLine"> {
  const flags = parser.opts<ParsedFlags>();
  if (flags.out === undefined && flags.outRotate !== undefined) throw optionNeedsOther("--out-rotate", "--out");
  if (flags.out === undefined && flags.outFormat !== undefined) throw optionNeedsOther("--out-format", "--out");
  const sink = requestedSink(parser);
  if (sink !== undefined && flags.outRotate !== undefined) throw optionNeedsOther("--out-rotate", "a file as --out");
  if (sink !== undefined && flags.outFormat !== undefined) throw optionNeedsOther("--out-format", "a file as --out");
  if (flags.probeStack && !isFiltered(flags)) {
    throw optionNeedsOther("--probe-stack", "--filter-packet or --filter-meta");
  }
  const path = flags.out === true ? defaultFile : flags.out;
  return {
    probes: flags.probe ?? [],
    filterPacket: flags.filterPacket,
    filterMeta: flags.filterMeta,
    scope: { dev: flags.dev, netns: flags.netns, container: flags.container, process: flags.process },
    stack: flags.stack === true,
    probeStack: flags.probeStack === true,
    out: path === undefined || sink !== undefined ? undefined : outputFileOf(path, flags.outFormat, flags.outRotate),
    saveRecords: flags.saveRecords,
    print: flags.out === undefined || flags.print === true,
    ...readTextFlags(parser),
    fold: flags.all !== true,
    maxRate: flags.maxRate === 0 ? Number.POSITIVE_INFINITY : flags.maxRate,
    command: flags.cmd,
    stopAfter: flags.stopAfter,
    allowSystemChanges: flags.allowSystemChanges === true,
    user: flags.user,
    kconf: flags.kconf,
    ringSize: flags.ringSize,
    rings: flags.rings,
    trackingSize: flags.trackingSize,
  };
}
