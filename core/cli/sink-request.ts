/** `-o plugin:NAME[,OPTION=VALUE...]`: the sink of a collector in place of a file. */
import { Option, type Command } from "commander";
import { Value } from "@sinclair/typebox/value";
import type { Collector } from "../api/collector.ts";
import type { SinkDeclaration } from "../api/event-sink.ts";
import type { LoadedCollector } from "../api/loaded-collector.ts";
import { type OptionFlag, optionFlags } from "../api/option-flag.ts";
import { invalidOption, unknownSink } from "../base/errors.ts";
import { nearestName } from "../base/near-names.ts";
import { builtInSinks } from "../sinks/built-in-sinks.ts";
import type { ChosenSink } from "../sinks/plugin-sink.ts";
import type { Candidate } from "./cli-command.ts";
import { lowerFirst, parseFlagValue } from "./collector-flags.ts";
import { sinkPrefix, takesSink } from "./parser.ts";

/** A sink as it was typed. */
export interface SinkRequest {
  readonly name: string;
  /** The whole value, for messages. */
  readonly text: string;
  /** Names and values of options; a value may hold commas. */
  readonly given: readonly (readonly [string, string])[];
}

/** What `-o` names, if it is a sink. @throws TraceError `INVALID_OPTION` */
export function sinkRequestOf(text: string | undefined): SinkRequest | undefined {
  if (!text?.startsWith(sinkPrefix)) return undefined;
  const [name = "", ...rest] = text.slice(sinkPrefix.length).split(",");
  if (name === "") throw invalidOption("--out", text, "no sink named", "Example: plugin:flat,path=drops.jsonl");
  const given: [string, string][] = [];
  for (const item of rest) {
    const equals = item.indexOf("=");
    const last = given.at(-1);
    if (equals > 0) given.push([item.slice(0, equals), item.slice(equals + 1)]);
    else if (last !== undefined) last[1] += `,${item}`;
    else throw invalidOption("--out", text, `"${item}" is not OPTION=VALUE`);
  }
  return { name, text, given };
}

/** `-o` of a command that writes no event files. */
export function sinkOption(): Option {
  return takesSink(
    new Option("-o, --out <sink>", "Hand events to the sink of a collector instead of printing them: plugin:NAME[,OPTION=VALUE...]"),
  );
}

/** The sink that `-o` names, where nothing else can be named. @throws TraceError `INVALID_OPTION` */
export function requestedSink(parser: Command): SinkRequest | undefined {
  const { out } = parser.opts<{ out?: string }>();
  const sink = sinkRequestOf(out);
  if (out !== undefined && sink === undefined)
    throw invalidOption(
      "--out",
      out,
      "not a sink, such as plugin:flat",
      "'retis sort -o FILE' writes event files, and '> FILE' what is printed",
    );
  return sink;
}

/** Names of collectors to load for a sink. */
export function collectorsOfSink(request: SinkRequest | undefined): readonly string[] {
  return request === undefined || Object.hasOwn(builtInSinks, request.name) ? [] : [request.name];
}

/**
 * The sink with its options, ready to be used.
 * @throws TraceError `UNKNOWN_SINK`, `INVALID_OPTION`, and what is wrong with its collector
 */
export async function chooseSink(request: SinkRequest, loaded: readonly LoadedCollector[]): Promise<ChosenSink> {
  const { name } = request;
  const owner = loaded.find(({ collector }) => collector.name === name && collector.sink !== undefined);
  const described = Object.hasOwn(builtInSinks, name) ? builtInSinks[name] : owner?.collector.sink;
  if (described === undefined) {
    const known = [...Object.keys(builtInSinks), ...loaded.flatMap(({ collector }) => (collector.sink ? [collector.name] : []))];
    throw unknownSink(name, known, nearestName(name, known));
  }
  const options = readOptions(request, described);
  const declaration = owner?.load === undefined ? described : ((await owner.load()).collector.sink ?? described);
  return { name, declaration, options };
}

/** What can be typed for a sink, with more to follow: its name, then names of its options and the values of those that are few. */
export function sinkCandidates(text: string, loaded: readonly LoadedCollector[]): readonly Candidate[] {
  const own = loaded.flatMap(({ collector }) => (collector.sink ? [[collector.name, collector.sink] as const] : []));
  const sinks = new Map([...own, ...Object.entries(builtInSinks)]);
  const [name = "", ...given] = text.slice(sinkPrefix.length).split(",");
  if (given.length === 0) return Array.from(sinks, ([known, { summary }]) => ({ value: sinkPrefix + known, description: summary }));
  const sink = sinks.get(name);
  if (sink === undefined) return [];
  const head = text.slice(0, text.lastIndexOf(",") + 1);
  const present = given.slice(0, -1).map((item) => item.split("=", 1)[0]);
  const open = [...flagsOf(name, sink)].filter(([key]) => !present.includes(key));
  return open.flatMap(([key, { choices, type, description }]) => {
    const values = choices ?? (type === "boolean" ? [true, false] : [""]);
    return values.map((value) => ({ value: `${head}${key}=${value}`, description }));
  });
}

/** Flags of a sink's options, by the name that they have after its own. */
function flagsOf(name: string, { options }: SinkDeclaration): ReadonlyMap<string, OptionFlag> {
  return new Map(
    optionFlags({ name, options } as Collector).map((flag) => {
      const key = flag.flag.slice(`--${name}-`.length);
      return [key, { ...flag, flag: `--out plugin:${name},${key}` }] as const;
    }),
  );
}

/** Values of options by property, defaults filled in. */
function readOptions({ name, text, given }: SinkRequest, sink: SinkDeclaration): Readonly<Record<string, unknown>> {
  const { options } = sink;
  const flags = flagsOf(name, sink);
  const values: Record<string, unknown> = {};
  for (const [key, value] of given) {
    const flag = flags.get(key);
    if (flag === undefined) throw invalidOption("--out", text, `sink ${name} has no option "${key}"`, optionsHint([...flags.keys()]));
    values[flag.property] = parseFlagValue(flag, value);
  }
  if (options === undefined) return values;
  const complete = Value.Default(options, values) as Record<string, unknown>;
  const fault = Value.Errors(options, complete).First();
  if (fault) throw invalidOption("--out", text, `${fault.path.slice(1)}: ${lowerFirst(fault.message)}`);
  return complete;
}

function optionsHint(keys: readonly string[]): string {
  return keys.length === 0 ? "It has none" : `Options: ${keys.join(", ")}`;
}
