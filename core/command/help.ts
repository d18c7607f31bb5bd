import type { Candidate, CliCommand, CommandBody, CommandGroup } from "../cli/cli-command.ts";
import { findCommand, runSubcommand } from "../cli/dispatch.ts";
import { parseArguments } from "../cli/parser.ts";
import { rootParser } from "../cli/run-cli.ts";

/**
 * `retis help [COMMAND...]`: the same as `retis COMMAND... --help`.
 *
 * @param root all commands, this one among them
 */
export function help(root: () => CommandGroup): CommandBody {
  return {
    define(parser, { context }) {
      parser.argument("[command...]", "Command, e.g. collect or collector new (default: list all commands)");
      return () => {
        const top = rootParser(root());
        parseArguments(top, [...parser.args, "--help"]);
        return runSubcommand(root(), { parser: top, path: root().name }, context);
      };
    },
    candidates: (before) => commandsIn(root(), before).filter(isShown).map(described),
  };
}

/** The commands that can follow; none after one that holds no others. */
function commandsIn(group: CommandGroup, before: readonly string[]): readonly CliCommand[] {
  let commands: readonly CliCommand[] = group.commands;
  for (const name of before) {
    const command = findCommand(commands, name);
    commands = "commands" in command ? command.commands : [];
  }
  return commands;
}

function isShown(command: CliCommand): boolean {
  return !command.hidden;
}

function described({ name, summary }: CliCommand): Candidate {
  return { value: name, description: summary };
}
