/**
 * What completion knows of commands without loading them: their options and arguments, and the built-in collectors. The build makes the
 * table with {@link makeCommandTable} and puts it into the executable; what runs from its sources, and hosts with collectors of third
 * parties, ask the commands.
 */
import type { Option, Command } from "commander";
import { optionFlags } from "../api/option-flag.ts";
import type { Candidate, CliCommand, CommandContext, CommandGroup, LeafCommand } from "../cli/cli-command.ts";
import { createParser, isRepeatable, isSinkOption } from "../cli/parser.ts";
import type { CommandTable, TableCommand } from "./table-parser.ts";

/** @param context collectors of third parties that it loads are left out */
export async function makeCommandTable(root: CommandGroup, context: CommandContext): Promise<CommandTable> {
  const loadCollectors: CommandContext["loadCollectors"] = async (request) =>
    (await context.loadCollectors(request)).filter(({ source }) => source === "built-in");
  const builtIn = { ...context, loadCollectors };
  const commands: Record<string, TableCommand> = {};
  await addCommands(commands, root.commands, root.name, builtIn);
  const loaded = await loadCollectors({ directories: [], paths: [], names: [], quiet: true });
  const flags = loaded.flatMap(({ collector }) => optionFlags(collector));
  const collectors = loaded.map(({ collector }): Candidate => ({ value: collector.name, description: collector.summary }));
  const readers = loaded.map(({ collector: { name, kernelTypes, args } }) => ({
    name,
    ...(kernelTypes && { kernelTypes }),
    ...(args && { args }),
  }));
  const values = flags.flatMap(({ flag, choices, list }) => (choices === undefined ? [] : [[flag, { choices, list }] as const]));
  return { commands, collectors, readers, values: Object.fromEntries(values) };
}

async function addCommands(
  table: Record<string, TableCommand>,
  commands: readonly CliCommand[],
  path: string,
  context: CommandContext,
): Promise<void> {
  for (const command of commands.filter(({ hidden }) => !hidden)) {
    const name = `${path} ${command.name}`;
    if ("commands" in command) await addCommands(table, command.commands, name, context);
    else table[name] = await asTableCommand(command, name, context);
  }
}

async function asTableCommand(command: LeafCommand, path: string, context: CommandContext): Promise<TableCommand> {
  const parser: Command = createParser(path, command.summary);
  await command.define(parser, { args: [], profiles: [], context });
  return {
    options: parser.options.map((option) => ({ ...asData(option), repeatable: isRepeatable(option), sink: isSinkOption(option) })),
    arguments: parser.registeredArguments.map((argument) => ({ name: argument.name(), variadic: argument.variadic })),
    candidates: (await command.hasCandidates?.()) ?? command.candidates !== undefined,
  };
}

function asData({ flags, description, argChoices }: Option) {
  return { flags, description, ...(argChoices && { choices: argChoices }) };
}
