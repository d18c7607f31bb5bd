/** The options of collectors as command-line flags, and back. */
import { Value } from "@sinclair/typebox/value";
import { Option, type Command } from "commander";
import { invalidOption } from "../base/errors.ts";
import type { LoadedCollector } from "../api/loaded-collector.ts";
import { optionFlags, type OptionFlag, type OptionValue } from "../api/option-flag.ts";
import { commaList } from "./option-values.ts";
import { belongsTo, collectorOf, collects } from "./parser.ts";
import { nearestName } from "../base/near-names.ts";

type OptionsByCollector = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Adds the flags of every collector to the parser, under a heading each. */
export function addCollectorFlags(parser: Command, loaded: readonly LoadedCollector[]): void {
  for (const { collector } of loaded) {
    for (const flag of optionFlags(collector)) {
      parser.addOption(belongsTo(asOption(flag).helpGroup(`Options of collector ${collector.name}:`), collector.name));
    }
  }
}

/**
 * The options of each collector after parsing, by collector name, defaults filled in. Throws INVALID_OPTION for a value
 * that its schema does not allow.
 */
export function readCollectorFlags(parser: Command, loaded: readonly LoadedCollector[]): OptionsByCollector {
  const parsed = parser.opts<Record<string, unknown>>();
  const entries = loaded.map(({ collector }) => {
    const flags = optionFlags(collector);
    const given = flags.map((flag) => [flag.property, parsed[asOption(flag).attributeName()]] as const);
    const options = Object.fromEntries(given.filter(([, value]) => value !== undefined));
    if (!collector.options) return [collector.name, options] as const;
    const complete = Value.Default(collector.options, options) as Record<string, unknown>;
    assertValid(collector, complete, flags);
    return [collector.name, complete] as const;
  });
  return Object.fromEntries(entries);
}

/** The first option that was given of each collector, by collector name. */
export function collectorOptionsGiven(parser: Command): ReadonlyMap<string, string> {
  const given = new Map<string, string>();
  for (const option of parser.options) {
    const collector = collectorOf(option);
    if (collector === undefined || given.has(collector) || parser.getOptionValueSource(option.attributeName()) !== "cli") continue;
    given.set(collector, option.long ?? option.flags);
  }
  return given;
}

function assertValid(collector: LoadedCollector["collector"], options: Record<string, unknown>, flags: readonly OptionFlag[]): void {
  const fault = Value.Errors(collector.options!, options).First();
  if (!fault) return;
  const property = fault.path.split("/")[1];
  const flag = flags.find((candidate) => candidate.property === property);
  throw invalidOption(flag?.flag ?? `collector ${collector.name}`, String(fault.value), lowerFirst(fault.message));
}

export function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function asOption(flag: OptionFlag): Option {
  if (flag.type === "boolean") return switchOption(flag);
  const option = new Option(`${flag.flag} <${placeholder(flag)}>`, describe(flag));
  if (flag.list) collects(option, (text) => commaList(text).map((item) => parseItem(flag, item)));
  else option.argParser((text: string) => parseItem(flag, text));
  const shown = String(flag.default); // A list becomes a comma list.
  return flag.default === undefined || shown === "" ? option : option.default(flag.default, shown);
}

/** A switch that is on by default can only be turned off. */
function switchOption(flag: OptionFlag): Option {
  return new Option(flag.default === true ? flag.flag.replace(/^--/, "--no-") : flag.flag, describe(flag));
}

function placeholder(flag: OptionFlag): string {
  if (flag.list) return "list";
  return flag.type === "string" ? "text" : "number";
}

function describe(flag: OptionFlag): string {
  if (flag.choices === undefined) return flag.description;
  return `${flag.description} (${flag.list ? "any of" : "one of"}: ${flag.choices.join(", ")})`.trim();
}

/** Value of an option that is not a flag of its own. @throws TraceError `INVALID_OPTION` */
export function parseFlagValue(flag: OptionFlag, text: string): OptionValue | readonly OptionValue[] {
  if (flag.list) return commaList(text).map((item) => parseItem(flag, item));
  if (flag.type !== "boolean") return parseItem(flag, text);
  if (text !== "true" && text !== "false") throw invalidOption(flag.flag, text, "neither true nor false");
  return text === "true";
}

function parseItem(flag: OptionFlag, text: string): OptionValue {
  const value = flag.type === "string" ? text : parseNumber(flag, text);
  if (flag.choices === undefined || flag.choices.includes(value)) return value;
  const known = flag.choices.map(String);
  const near = nearestName(text, known);
  const hint = near === undefined ? undefined : `Did you mean "${near}"?`;
  throw invalidOption(flag.flag, text, `possible values: ${known.join(", ")}`, hint);
}

function parseNumber(flag: OptionFlag, text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  const valid = flag.type === "integer" ? Number.isSafeInteger(value) : Number.isFinite(value);
  if (!valid) throw invalidOption(flag.flag, text, flag.type === "integer" ? "not a whole number" : "not a number");
  return value;
}
