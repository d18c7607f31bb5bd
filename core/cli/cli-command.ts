/**
 * What a subcommand does is a plain object in a file of its own in core/command; core/main.ts lists them by name, and loads that file
 * when the command is used. Loading one starts nothing: `define` adds arguments and options to a parser, and returns what to do
 * once they are parsed.
 */
import type { Command } from "commander";
import type { LoadedCollector } from "../api/loaded-collector.ts";
import type { ProfileCommand } from "../profile/profile.ts";
import type { ChosenProfiles } from "./apply-profiles.ts";
import type { AppliedProfile } from "./profile-arguments.ts";

/** Where to look for third-party collectors beside the standard directories. */
export interface CollectorRequest {
  /** `--collector-dir`. */
  readonly directories: readonly string[];
  /** Values of `-c` with a `/` in them: directories of single collectors. */
  readonly paths: readonly string[];
  /** Collectors requested by name: a fault in one of them is an error, not a warning. */
  readonly names: readonly string[];
  /** Look at no more than it takes to find what was requested: other collectors are not even described. */
  readonly onlyRequested?: boolean;
  /** Say nothing of faulty collectors that were not requested. */
  readonly quiet?: boolean;
  /** What collectors write to stdout is not kept out of it: it belongs to a user's script. */
  readonly sharesStdout?: boolean;
}

/** What every command may use of the program around it. */
export interface CommandContext {
  /** The whole command line, arguments joined by single spaces; once parsed, with those that profiles added at the end. */
  readonly commandLine: string;
  readonly profiles: ChosenProfiles;
  /**
   * Built-in collectors in their fixed order, then third parties by name. Those of third parties are described by a process of their own;
   * `readyCollectors` imports them. Reads directories: call it only when needed.
   */
  loadCollectors(request: CollectorRequest): Promise<readonly LoadedCollector[]>;
  /** Starts a thread on a task of `core/parallel`; it knows the sections of the built-in collectors, and does not keep the program from ending. */
  startWorker(task: unknown): void;
}

/** Arguments that follow the command's name, for commands whose options depend on other options. */
export interface Invocation {
  readonly args: readonly string[];
  /** The profiles that are applied; their values are in `args` too. */
  readonly profiles: readonly AppliedProfile[];
  readonly context: CommandContext;
}

/** Runs the command with the parsed options; gives the exit status. */
export type Action = () => number | Promise<number>;

/** Something that can be typed at the cursor. */
export interface Candidate {
  readonly value: string;
  /** One line. */
  readonly description?: string;
}

interface Described {
  readonly name: string;
  /** One line for the list of commands and the top of the command's own help. */
  readonly summary: string;
  /**
   * Gives way where an abbreviation fits another command too: set on commands that are newer than those whose
   * abbreviations people know (`retis col` means `collect`, not `collector`).
   */
  readonly yields?: true;
  /** Meant for other programs: neither listed nor abbreviated. */
  readonly hidden?: true;
}

/** What a command does. */
export interface CommandBody {
  define(parser: Command, invocation: Invocation): Action | Promise<Action>;
  /** What its next argument can be, for completion; absent or undefined: what the argument's name says. `before` are those before it. */
  candidates?(before: readonly string[], context: CommandContext): Candidates | Promise<Candidates>;
}

type Candidates = readonly Candidate[] | undefined;

interface DescribedLeaf extends Described {
  /** Whose sections of profiles give arguments to this command; absent: it takes no profiles. */
  readonly profiles?: ProfileCommand;
}

export type LeafCommand = DescribedLeaf &
  CommandBody & {
    /** Whether the body of a command that is loaded late has `candidates`. */
    hasCandidates?(): Promise<boolean>;
  };

/** A command whose body is loaded only when it is used, so that no other command waits for it. */
export function lazyCommand(described: DescribedLeaf, load: () => Promise<CommandBody>): LeafCommand {
  return {
    ...described,
    define: async (parser, invocation) => (await load()).define(parser, invocation),
    candidates: async (before, context) => (await load()).candidates?.(before, context),
    hasCandidates: async () => (await load()).candidates !== undefined,
  };
}

/** A command that only holds others, e.g. `retis collector`. */
export interface CommandGroup extends Described {
  readonly commands: readonly CliCommand[];
}

export type CliCommand = LeafCommand | CommandGroup;
