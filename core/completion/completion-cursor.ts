/** Where on a command line the cursor is, and so what can be completed there. */
import type { Command, Option } from "commander";
import type { CliCommand, CommandContext, CommandGroup, LeafCommand } from "../cli/cli-command.ts";
import { createGroupParser, findCommand } from "../cli/dispatch.ts";
import { createParser } from "../cli/parser.ts";
import { type CommandTable, tableParser } from "./table-parser.ts";

/** A command line up to the cursor, taken apart as far as it was understood. */
export interface CompletionCursor {
  /** Parser of the innermost command. */
  readonly parser: Command;
  /** Subcommands that can follow; undefined: it has none. */
  readonly commands: readonly CliCommand[] | undefined;
  /** Values of the options so far, by long name; a switch has none. */
  readonly given: ReadonlyMap<string, readonly string[]>;
  /** The innermost command, unless it only holds others. */
  readonly leaf: LeafCommand | undefined;
  /** Arguments of the innermost command so far, options not counted. */
  readonly operands: readonly string[];
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
  /** Commands that need not be loaded; undefined: all have to be. */
  readonly table: () => Promise<CommandTable | undefined>;
}

/**
 * Walks over the words before the one that is being completed.
 *
 * @throws TraceError for a subcommand that does not exist
 */
export async function findCursor(host: CompletionHost, words: readonly string[]): Promise<CompletionCursor> {
  let cursor = cursorIn(host.rootParser, host.root.commands);
  for (const [index, word] of words.entries()) {
    if (cursor.option && !(cursor.valueOptional && isOption(word, cursor))) cursor = withValue(cursor, word);
    else if (word === "--" && !cursor.onlyOperands) cursor = { ...cursor, option: undefined, onlyOperands: true };
    else if (isOption(word, cursor)) cursor = withOption(cursor, word);
    else if (cursor.commands) cursor = await enter(findCommand(cursor.commands, word), cursor, host, words.slice(index + 1));
    else cursor = { ...cursor, operands: [...cursor.operands, word] };
  }
  return cursor;
}

function cursorIn(parser: Command, commands: readonly CliCommand[] | undefined, leaf?: LeafCommand): CompletionCursor {
  return { parser, commands, leaf, given: new Map(), operands: [], option: undefined, valueOptional: false, onlyOperands: false };
}

export function isOption(word: string, { onlyOperands }: Pick<CompletionCursor, "onlyOperands">): boolean {
  return word.startsWith("-") && word !== "-" && !onlyOperands;
}

function withOption(cursor: CompletionCursor, word: string): CompletionCursor {
  const equals = word.startsWith("--") ? word.indexOf("=") : -1;
  const name = equals < 0 ? word : word.slice(0, equals);
  const option = cursor.parser.options.find(({ long, short }) => name === long || name === short);
  const noted = {
    ...cursor,
    option: undefined,
    given: noteValues(cursor.given, option?.long ?? name, equals < 0 ? [] : [word.slice(equals + 1)]),
  };
  if (!option || equals >= 0 || !(option.required || option.optional)) return noted;
  return { ...noted, option, valueOptional: option.optional };
}

function withValue(cursor: CompletionCursor, word: string): CompletionCursor {
  const name = cursor.option!.long ?? cursor.option!.flags;
  return { ...cursor, option: undefined, given: noteValues(cursor.given, name, [word]) };
}

function noteValues(given: CompletionCursor["given"], name: string, values: readonly string[]): CompletionCursor["given"] {
  return new Map([...given, [name, [...(given.get(name) ?? []), ...values]]]);
}

async function enter(
  command: CliCommand,
  before: CompletionCursor,
  { context, table }: CompletionHost,
  rest: readonly string[],
): Promise<CompletionCursor> {
  const path = `${before.parser.name()} ${command.name}`;
  if ("commands" in command) return cursorIn(createGroupParser(command, path), command.commands);
  const known = (await table())?.commands[path];
  if (known !== undefined) return cursorIn(tableParser(path, known), undefined, known.candidates ? command : undefined);
  return cursorIn(await define(command, path, context, rest), undefined, command);
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
