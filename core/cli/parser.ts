/** Argument parsers that throw instead of ending the process, and refuse an option given twice. */
import { Command, type Option } from "commander";
import { repeatedOption } from "../base/errors.ts";
import { writeAnswer } from "./answer.ts";

const helpWidth = 80;

/**
 * A parser for one command.
 *
 * @param path the command as typed so far, e.g. `retis collector show`
 */
export function createParser(path: string, summary: string): Command {
  return new Command(path)
    .description(summary)
    .helpOption("-h, --help", "Print help")
    .exitOverride()
    .allowExcessArguments(false)
    .configureHelp({ helpWidth })
    .configureOutput({ writeOut: writeAnswer, writeErr: () => {}, getOutHelpWidth: () => helpWidth });
}

/** Parses; throws a CommanderError or a TraceError for wrong usage. */
export function parseArguments(parser: Command, args: readonly string[]): void {
  for (const option of parser.options) {
    if (!isRepeatable(option)) refuseRepetition(parser, option);
  }
  parser.parse([...args], { from: "user" });
}

const repeatable = new WeakSet<Option>();

/** Marks an option that may be given several times and collects its values. */
export function collects<T>(option: Option, parse: (value: string) => readonly T[]): Option {
  repeatable.add(option);
  const seen: T[] = [];
  return option.argParser((value: string) => {
    seen.push(...parse(value));
    return [...seen];
  });
}

export function isRepeatable(option: Option): boolean {
  return repeatable.has(option);
}

/** With what the value of an option names a sink. */
export const sinkPrefix = "plugin:";

const sinkOptions = new WeakSet<Option>();

/** Marks an option whose value may name the sink of a collector (sink-request.ts). */
export function takesSink(option: Option): Option {
  sinkOptions.add(option);
  return option;
}

export function isSinkOption(option: Option): boolean {
  return sinkOptions.has(option);
}

const collectors = new WeakMap<Option, string>();

/** Notes whose option it is. */
export function belongsTo(option: Option, collector: string): Option {
  collectors.set(option, collector);
  return option;
}

/** Name of the collector whose option it is; undefined for those of core. */
export function collectorOf(option: Option): string | undefined {
  return collectors.get(option);
}

function refuseRepetition(parser: Command, option: Option): void {
  let given = false;
  parser.on(`option:${option.name()}`, () => {
    if (given) throw repeatedOption(option.long ?? option.flags);
    given = true;
  });
}
