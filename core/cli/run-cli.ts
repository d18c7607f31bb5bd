/** The program as a function of its arguments: global options, then a subcommand. */
import { type ColourMode, colourModes, setColourMode } from "../base/colour.ts";
import { Option, type Command } from "commander";
import { ProfileLibrary } from "../profile/profile-library.ts";
import { log, logLevels, type LogLevel } from "../base/log.ts";
import { createGroupParser, runSubcommand, type ParsePosition } from "./dispatch.ts";
import { writeExactAnswer } from "./answer.ts";
import type { CommandContext, CommandGroup } from "./cli-command.ts";
import type { ChosenProfiles } from "./apply-profiles.ts";
import { commaList } from "./option-values.ts";
import { collects, parseArguments } from "./parser.ts";
import { reportError } from "./report-error.ts";
import { longNames } from "./usage-hint.ts";
import { versionText } from "./version.ts";

/** What the composition root provides. */
export interface Program {
  readonly root: CommandGroup;
  readonly loadCollectors: CommandContext["loadCollectors"];
  readonly startWorker: CommandContext["startWorker"];
  /** The running kernel, for the conditions of profiles. */
  readonly openKernel: ChosenProfiles["kernel"];
  /** What `--licenses` prints. */
  licenses(): Promise<string>;
  setLogLevel(level: LogLevel): void;
}

/** Runs the command line (without the program's name); prints a failure to stderr; gives the exit status. */
export async function runCli(program: Program, args: readonly string[]): Promise<number> {
  const { root } = program;
  const position: ParsePosition = { parser: rootParser(root), path: root.name };
  try {
    parseArguments(position.parser, args);
    if (position.parser.opts<{ licenses?: true }>().licenses) return printLicenses(program);
    chooseColours(position.parser.opts<{ color: ColourMode }>().color);
    program.setLogLevel(position.parser.opts<{ logLevel: LogLevel }>().logLevel);
    const commandLine = [root.name, ...args].join(" ");
    const { loadCollectors, startWorker } = program;
    const context = { commandLine, loadCollectors, startWorker, profiles: chosenProfiles(position.parser, program) };
    return await runSubcommand(root, position, context);
  } catch (error) {
    const wrong = { ...position, args, globalOptions: longNames(rootParser(root)) };
    const report = reportError(error, { usage: usageOf(position.parser), wrong, verbose: log.shows("debug") });
    process.stderr.write(report.text);
    return report.status;
  }
}

function chooseColours(chosen: ColourMode): void {
  if (chosen === "auto") return;
  setColourMode(chosen);
  log.setColour(chosen === "always");
}

async function printLicenses(program: Program): Promise<number> {
  writeExactAnswer(await program.licenses());
  return 0;
}

/** The global options, then a subcommand and whatever follows. */
export function rootParser(root: CommandGroup): Command {
  const profile = new Option("-p, --profile <list>", "Profiles to apply: names (see 'retis profile list') or paths of files; repeatable");
  return createGroupParser(root, root.name)
    .version(versionText(), "-V, --version", "Print version, commit, and versions of Bun and libbpf")
    .option("--licenses", "Print the licenses of the third-party software in this executable")
    .addOption(new Option("--log-level <level>", "Log level").choices(logLevels).default("info"))
    .addOption(new Option("--color <when>", "Colours: auto is on a terminal, unless NO_COLOR is set").choices(colourModes).default("auto"))
    .addOption(collects(profile, commaList))
    .addOption(new Option("-P, --extra-profiles-dir <dir>", "Search this directory for profiles first"));
}

/** The profiles that the parsed global options name. */
export function chosenProfiles(parser: Command, { openKernel }: Pick<Program, "openKernel">): ChosenProfiles {
  const { profile = [], extraProfilesDir } = parser.opts<{ profile?: readonly string[]; extraProfilesDir?: string }>();
  return { names: profile, library: new ProfileLibrary(extraProfilesDir, process.env["HOME"]), kernel: openKernel };
}

function usageOf(parser: Command): string {
  return parser.createHelp().commandUsage(parser);
}
