/** Finds the subcommand that was typed, lets it define its options, parses them and runs it. */
import { Command } from "commander";
import { applyProfiles } from "./apply-profiles.ts";
import { ambiguousCommand, missingCommand, unknownCommand } from "../base/errors.ts";
import type { CliCommand, CommandContext, CommandGroup, LeafCommand } from "./cli-command.ts";
import { createParser, parseArguments } from "./parser.ts";
import { profileArguments, roughArguments } from "./profile-arguments.ts";
import { nearestName } from "../base/near-names.ts";
import { unknownCommandHint } from "./usage-hint.ts";

/** What is known at the current point of parsing; the usage line of an error is taken from `parser`. */
export interface ParsePosition {
  parser: Command;
  /** The command as typed so far, abbreviations written out, e.g. `retis collector`. */
  path: string;
}

/** A parser for a group: its own options, then a subcommand and whatever follows, untouched. */
export function createGroupParser(group: CommandGroup, path: string): Command {
  const stubs = shown(group.commands).map((command) => new Command(command.name).summary(command.summary));
  return createParser(path, group.summary)
    .usage("[options] <subcommand> [arguments]")
    .argument("[subcommand]")
    .argument("[arguments...]")
    .passThroughOptions()
    .configureHelp({
      visibleArguments: () => [],
      visibleCommands: () => stubs,
      subcommandTerm: (stub) => stub.name(),
    });
}

/** Runs the subcommand of `group` that the parsed operands name; gives its exit status. */
export async function runSubcommand(group: CommandGroup, position: ParsePosition, context: CommandContext): Promise<number> {
  const [name, ...args] = position.parser.args;
  if (name === undefined) throw missingCommand(position.path, namesOf(group.commands));
  const command = findCommand(group.commands, name, args);
  position.path = `${position.path} ${command.name}`;
  return "commands" in command ? runGroup(command, args, position, context) : runLeaf(command, args, position, context);
}

/**
 * The command of that name, or the only one that begins like it (see `yields`).
 *
 * @param following what was typed after it, for hints
 */
export function findCommand(commands: readonly CliCommand[], name: string, following: readonly string[] = []): CliCommand {
  const exact = commands.find((command) => command.name === name);
  if (exact) return exact;
  const begun = shown(commands).filter((command) => name !== "" && command.name.startsWith(name));
  const firm = begun.filter((command) => !command.yields);
  const matches = firm.length > 0 ? firm : begun;
  if (matches.length === 1) return matches[0]!;
  if (matches.length > 1) throw ambiguousCommand(name, namesOf(matches));
  throw unknownCommand(name, namesOf(commands), nearestName(name, namesOf(commands)), unknownCommandHint([name, ...following]));
}

function namesOf(commands: readonly CliCommand[]): readonly string[] {
  return shown(commands).map((command) => command.name);
}

function shown(commands: readonly CliCommand[]): readonly CliCommand[] {
  return commands.filter((command) => !command.hidden);
}

function runGroup(group: CommandGroup, args: readonly string[], position: ParsePosition, context: CommandContext): Promise<number> {
  position.parser = createGroupParser(group, position.path);
  parseArguments(position.parser, args);
  return runSubcommand(group, position, context);
}

async function runLeaf(command: LeafCommand, typed: readonly string[], position: ParsePosition, context: CommandContext): Promise<number> {
  const parser = createParser(position.path, command.summary);
  position.parser = parser;
  const profiles = await applyProfiles(context.profiles, command.profiles, position.path);
  let { commandLine } = context;
  // What profiles add is known only once the options are defined, and the action runs later still.
  const leafContext: CommandContext = {
    ...context,
    get commandLine() {
      return commandLine;
    },
  };
  const action = await command.define(parser, { args: [...roughArguments(profiles), ...typed], profiles, context: leafContext });
  const added = profileArguments(parser, profiles, typed);
  commandLine = [commandLine, ...added].join(" ");
  parseArguments(parser, [...added, ...typed]);
  return action();
}
