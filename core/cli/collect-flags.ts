/** The options of `collect` that core owns, as command-line flags, and back. */
import { Option, type Command } from "commander";
import { optionNeedsOther } from "../base/errors.ts";
import type { CollectorRequest } from "./cli-command.ts";
import { collectorDirOption } from "./collector-dir.ts";
import type { CollectOptions, OutputFile } from "../api/collect-options.ts";
import { outputFileOf, parseCollectors, parseCount, parseRingSize, parseRotation, parseTrackingSize } from "./option-values.ts";
import { collects } from "./parser.ts";
import { isPath } from "./select-collectors.ts";
import { formatOption, linkLayerOption, readTextFlags, utcOption } from "./text-flags.ts";

/** Values as commander gives them. */
interface ParsedFlags {
  readonly collectors?: readonly string[];
  readonly collectorDir?: readonly string[];
  readonly probe?: readonly string[];
  readonly filterPacket?: string;
  readonly filterMeta?: string;
  readonly stack?: true;
  readonly probeStack?: true;
  /** True when given without a name. */
  readonly out?: string | true;
  readonly outFormat?: OutputFile["form"];
  readonly outRotate?: number;
  readonly print?: true;
  readonly cmd?: string;
  readonly stopAfter: number;
  readonly allowSystemChanges?: true;
  readonly kconf?: string;
  readonly ringSize: number;
  readonly trackingSize: number;
}

const defaultFile = "retis.data";
const defaultRingSize = "16M";
const defaultTrackingSize = 32768;

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
        "Collectors to use, or auto for all that can run here; a value with a / is the directory of one",
      ),
      parseCollectors,
    ).default(undefined, "auto"),
    collectorDirOption(),
    collects(new Option("-p, --probe <probe>", "Probe to install, e.g. tp:skb:kfree_skb; repeatable"), (text) => [text]),
    new Option("--stack", "Report a stack trace with each event of every kernel probe"),
    new Option("--probe-stack", "Probe the functions on the stacks of matching packets too; needs a filter"),
    new Option("-f, --filter-packet <filter>", "Only packets that match, as tcpdump writes it, e.g. 'tcp port 443'"),
    new Option("-m, --filter-meta <filter>", "Only packets whose metadata match, e.g. 'sk_buff.dev.name == \"eth0\"'"),
  ];
}

function outputOptions(): readonly Option[] {
  return [
    new Option("-o, --out [file]", `Write events to a file (${defaultFile} when not named) instead of stdout`),
    new Option("--out-format <form>", "Form of the file (default: json for .json and .jsonl names, otherwise cbor)").choices([
      "cbor",
      "json",
    ]),
    new Option("--out-rotate <size>", "Begin a new file at this size, e.g. 100MB or 2GB").argParser(parseRotation),
    new Option("--print", "Write events to stdout even when they go to a file"),
    formatOption(),
    linkLayerOption(),
    utcOption(),
  ];
}

function limitOptions(): readonly Option[] {
  return [
    new Option("--cmd <command>", "Run a shell command and collect until it ends"),
    new Option("--stop-after <events>", "Stop after this many events; 0: never")
      .argParser((text) => parseCount("--stop-after", text))
      .default(0),
    new Option("--ring-size <bytes>", "Size of the buffer between kernel and retis, with K, M or G, up to a power of two")
      .argParser(parseRingSize)
      .default(parseRingSize(defaultRingSize), defaultRingSize),
    new Option("--tracking-size <packets>", "Packets that can be tracked at the same time")
      .argParser((text) => parseTrackingSize(text))
      .default(defaultTrackingSize),
  ];
}

function hostOptions(): readonly Option[] {
  return [
    new Option(
      "--allow-system-changes",
      "Let retis mount tracefs and hasten detaching (rcu_expedited), and collectors change what they need to",
    ),
    new Option("--kconf <file>", "Kernel configuration file (default: look for it)"),
  ];
}

/** Where the options say that third-party collectors are. */
export function collectorRequest(parser: Command): CollectorRequest {
  const { collectors = [], collectorDir = [] } = parser.opts<Partial<ParsedFlags>>();
  return { directories: collectorDir, paths: collectors.filter(isPath), names: collectors.filter((value) => !isPath(value)) };
}

/** Values of `-c`, as given. */
export function requestedCollectors(parser: Command): readonly string[] {
  return parser.opts<ParsedFlags>().collectors ?? [];
}

/** Core's options after parsing; what concerns collectors is for the caller to add. Throws OPTION_NEEDS_OTHER. */
export function readCollectFlags(parser: Command): Omit<CollectOptions, "choice" | "collectorOptions" | "commandLine"> {
  const flags = parser.opts<ParsedFlags>();
  if (flags.out === undefined && flags.outRotate !== undefined) throw optionNeedsOther("--out-rotate", "--out");
  if (flags.out === undefined && flags.outFormat !== undefined) throw optionNeedsOther("--out-format", "--out");
  if (flags.probeStack && flags.filterPacket === undefined && flags.filterMeta === undefined) {
    throw optionNeedsOther("--probe-stack", "--filter-packet or --filter-meta");
  }
  const path = flags.out === true ? defaultFile : flags.out;
  return {
    probes: flags.probe ?? [],
    filterPacket: flags.filterPacket,
    filterMeta: flags.filterMeta,
    stack: flags.stack === true,
    probeStack: flags.probeStack === true,
    out: path === undefined ? undefined : outputFileOf(path, flags.outFormat, flags.outRotate),
    print: flags.out === undefined || flags.print === true,
    ...readTextFlags(parser),
    command: flags.cmd,
    stopAfter: flags.stopAfter,
    allowSystemChanges: flags.allowSystemChanges === true,
    kconf: flags.kconf,
    ringSize: flags.ringSize,
    trackingSize: flags.trackingSize,
  };
}
