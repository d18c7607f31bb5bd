/** Where on a command line the cursor stands, and so what can be completed there. */
import type { Command, Option } from "commander";
import type { CliCommand, CommandContext, CommandGroup, LeafCommand } from "../cli/cli-command.ts";
import { createGroupParser, findCommand } from "../cli/dispatch.ts";
import { createParser } from "../cli/parser.ts";

/** A command line up to the cursor, taken apart as far as it was understood. */
export interface Place {
  /** Parser of the innermost command. */
  readonly parser: Command;
  /** Subcommands that can follow; undefined: it has none. */
  readonly commands: readonly CliCommand[] | undefined;
  /** Values of the options so far, by long name; a switch has none. */
  readonly given: ReadonlyMap<string, readonly string[]>;
  /** Arguments so far that are no options. */
  readonly operands: number;
  /** The option whose value is wanted. */
  readonly option: Option | undefined;
  /** The option may go without that value. */
  readonly valueOptional: boolean;
  /** Options can no longer follow: `--` was there. */
  readonly onlyOperands: boolean;
}

/** What the walk needs to enter a command. */
export interface CompletionHost {
  readonly root: CommandGroup;
  readonly rootParser: Command;
  readonly context: CommandContext;
}

/**
 * Walks over the words before the one that is being completed.
 *
 * @throws TraceError for a subcommand that does not exist
 */
export async function findPlace({ root, rootParser, context }: CompletionHost, words: readonly string[]): Promise<Place> {
  let place = placeIn(rootParser, root.commands);
  for (const [index, word] of words.entries()) {
    if (place.option && !(place.valueOptional && isOption(word, place))) place = withValue(place, word);
    else if (word === "--" && !place.onlyOperands) place = { ...place, option: undefined, onlyOperands: true };
    else if (isOption(word, place)) place = withOption(place, word);
    else if (place.commands) place = await enter(findCommand(place.commands, word), place, context, words.slice(index + 1));
    else place = { ...place, operands: place.operands + 1 };
  }
  return place;
}

function placeIn(parser: Command, commands: readonly CliCommand[] | undefined): Place {
  return { parser, commands, given: new Map(), operands: 0, option: undefined, valueOptional: false, onlyOperands: false };
}

export function isOption(word: string, { onlyOperands }: Pick<Place, "onlyOperands">): boolean {
  return word.startsWith("-") && word !== "-" && !onlyOperands;
}

function withOption(place: Place, word: string): Place {
  const equals = word.startsWith("--") ? word.indexOf("=") : -1;
  const name = equals < 0 ? word : word.slice(0, equals);
  const option = place.parser.options.find(({ long, short }) => name === long || name === short);
  const noted = {
    ...place,
    option: undefined,
    given: noteValues(place.given, option?.long ?? name, equals < 0 ? [] : [word.slice(equals + 1)]),
  };
  if (!option || equals >= 0 || !(option.required || option.optional)) return noted;
  return { ...noted, option, valueOptional: option.optional };
}

function withValue(place: Place, word: string): Place {
  const name = place.option!.long ?? place.option!.flags;
  return { ...place, option: undefined, given: noteValues(place.given, name, [word]) };
}

function noteValues(given: Place["given"], name: string, values: readonly string[]): Place["given"] {
  return new Map([...given, [name, [...(given.get(name) ?? []), ...values]]]);
}

async function enter(command: CliCommand, before: Place, context: CommandContext, rest: readonly string[]): Promise<Place> {
  const path = `${before.parser.name()} ${command.name}`;
  if ("commands" in command) return placeIn(createGroupParser(command, path), command.commands);
  return placeIn(await define(command, path, context, rest), undefined);
}

/** The parser of a command with its options. They can depend on the rest of the line, which may be in the middle of a word. */
async function define(command: LeafCommand, path: string, context: CommandContext, rest: readonly string[]): Promise<Command> {
  for (const args of [rest, []]) {
    try {
      const parser = createParser(path, command.summary);
      await command.define(parser, { args, profiles: [], context });
      return parser;
    } catch (error) {
      if (args.length === 0) throw error;
    }
  }
  throw new Error("unreachable: the last attempt either returns or throws");
}
