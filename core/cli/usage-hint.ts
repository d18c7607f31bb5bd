/** Hints about options and arguments that a command does not have. */
import type { Command } from "commander";
import { nearestName } from "../base/near-names.ts";
import { filterHint, looksLikeFilter, optionHabit } from "./habits.ts";
import { collectorOf } from "./parser.ts";

/** The command line that is wrong. */
export interface WrongUsage {
  /** Parser of the command that was typed, with its options. */
  readonly parser: Command;
  /** The command as typed so far: `retis`, `retis collect`. */
  readonly path: string;
  /** Arguments after the program's name. */
  readonly args: readonly string[];
  /** Options that come before the subcommand. */
  readonly globalOptions: readonly string[];
}

/** What to write instead of an option that the command does not have; undefined for no idea. */
export function unknownOptionHint(option: string, usage: WrongUsage): string | undefined {
  const { parser, path, args, globalOptions } = usage;
  const [program = "", ...subcommand] = path.split(" ");
  const [name = option] = option.split("=");
  const next = args[args.indexOf(option) + 1];
  if (subcommand.length > 0 && globalOptions.includes(name)) {
    const value = option === name && next !== undefined ? ` ${next}` : "";
    return `${name} comes before the subcommand: ${program} ${option}${value} ${subcommand.join(" ")}`;
  }
  const collecting = subcommand.length === 0 || subcommand[0] === "collect";
  const habit = optionHabit(option, next, collecting);
  if (habit !== undefined) return subcommand.length === 0 ? `With '${program} collect': ${habit}` : habit;
  return nearHint(name, parser);
}

/** The nearest option; options of a collector are named for it, and the others of that collector are listed when none is near. */
function nearHint(name: string, parser: Command): string | undefined {
  const owned = ownersOf(parser);
  const collector = [...owned.keys()].filter((owner) => name.startsWith(`--${owner}-`)).sort((a, b) => b.length - a.length)[0];
  const candidates = collector === undefined ? longNames(parser) : owned.get(collector)!;
  const near = nearestName(name, candidates);
  if (collector !== undefined && near === undefined) return `Collector ${collector} has ${candidates.join(", ")}`;
  if (near === undefined) return undefined;
  const owner = [...owned].find(([, options]) => options.includes(near))?.[0];
  return `Did you mean ${near}${owner === undefined ? "" : `, an option of collector ${owner}`}?`;
}

/** Long names of the options of a parser, with their dashes. */
export function longNames(parser: Command): readonly string[] {
  return parser
    .createHelp()
    .visibleOptions(parser)
    .flatMap(({ long }) => long ?? []);
}

function ownersOf(parser: Command): ReadonlyMap<string, readonly string[]> {
  const owned = new Map<string, string[]>();
  for (const option of parser.options) {
    const collector = collectorOf(option);
    if (collector !== undefined && option.long) owned.set(collector, [...(owned.get(collector) ?? []), option.long]);
  }
  return owned;
}

/** What to write instead of arguments that the command does not take. */
export function excessHint({ parser, path }: WrongUsage): string | undefined {
  return path.endsWith(" collect") && looksLikeFilter(parser.args) ? filterHint(parser.args) : undefined;
}

/** What to write instead of a subcommand that does not exist. */
export function unknownCommandHint(operands: readonly string[]): string | undefined {
  return looksLikeFilter(operands) ? filterHint(operands) : undefined;
}
