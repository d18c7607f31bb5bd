/** The program as a function of its arguments: global options, then a subcommand. */
import { Option, type Command } from "commander";
import { log, logLevels, type LogLevel } from "../base/log.ts";
import { createGroupParser, runSubcommand, type ParsePosition } from "./dispatch.ts";
import type { CommandContext, CommandGroup } from "./cli-command.ts";
import { parseArguments } from "./parser.ts";
import { reportError } from "./report-error.ts";
import { versionLine } from "./version.ts";

/** What the composition root provides. */
export interface Program {
  readonly root: CommandGroup;
  readonly loadCollectors: CommandContext["loadCollectors"];
  setLogLevel(level: LogLevel): void;
}

/** Runs the command line (without the program's name); prints a failure to stderr; gives the exit status. */
export async function runCli(program: Program, args: readonly string[]): Promise<number> {
  const { root } = program;
  const position: ParsePosition = { parser: rootParser(root), path: root.name };
  try {
    parseArguments(position.parser, args);
    program.setLogLevel(position.parser.opts<{ logLevel: LogLevel }>().logLevel);
    const context = { commandLine: [root.name, ...args].join(" "), loadCollectors: program.loadCollectors };
    return await runSubcommand(root, position, context);
  } catch (error) {
    const report = reportError(error, { usage: usageOf(position.parser), verbose: log.shows("debug") });
    process.stderr.write(report.text);
    return report.status;
  }
}

function rootParser(root: CommandGroup): Command {
  return createGroupParser(root, root.name)
    .version(versionLine(), "-V, --version", "Print version")
    .addOption(new Option("--log-level <level>", "Most detailed messages to show").choices(logLevels).default("info"));
}

function usageOf(parser: Command): string {
  return parser.createHelp().commandUsage(parser);
}
