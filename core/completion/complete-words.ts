import { log } from "../base/log.ts";
import { hasAnyControl, withoutControls } from "../base/terminal.ts";
import { reasonOf } from "../base/errors.ts";
import { writeExactAnswer } from "../cli/answer.ts";
import type { Candidate, CommandBody, CommandContext, CommandGroup } from "../cli/cli-command.ts";
import type { ArgumentReader } from "../probe/targets.ts";
import { complete, type Completion, type CompletionSources } from "./complete.ts";
import { bashCandidates, type CompletingShell, type ShellWord, wordsOf, zshCandidates } from "./shell-words.ts";
import { builtInTable, type CommandTable } from "./table-parser.ts";
import { chosenProfiles, rootParser } from "../cli/run-cli.ts";

/**
 * `retis __complete [--shell=SHELL] WORD...`: what the completion scripts call. Each line is a candidate, a tab and its description,
 * or one of `:files`, `:directories` (complete these too) and `:nospace`. Nothing fits: no line, and status 0. With a shell,
 * words are as they are on its line, in quotes for instance, and candidates as it puts them there.
 *
 * @param root all commands, this one among them
 * @param hasInstalled whether there are collectors of third parties where they are always looked for
 */
export function completeWords(root: () => CommandGroup, hasInstalled: () => Promise<boolean>): CommandBody {
  return {
    define(parser, { args, context }) {
      parser.helpOption(false).argument("[words...]").allowUnknownOption().passThroughOptions();
      return async () => {
        try {
          writeExactAnswer(await answerTo({ root: root(), context, hasInstalled }, args));
        } catch (error) {
          log.debug(`Nothing to complete: ${reasonOf(error)}`); // A command line that is not finished is often wrong.
        }
        return 0;
      };
    },
  };
}

const shellOption = "--shell=";

interface Completer {
  readonly root: CommandGroup;
  readonly context: CommandContext;
  readonly hasInstalled: () => Promise<boolean>;
}

async function answerTo(completer: Completer, args: readonly string[]): Promise<string> {
  if (!args[0]?.startsWith(shellOption)) return answerText(await completeIn(completer, args));
  const shell = args[0].slice(shellOption.length) as CompletingShell;
  const { words, last } = wordsOf(shell, args.slice(1));
  const completion = await completeIn(completer, words);
  return answerText({ ...completion, candidates: candidatesFor(shell, completion, last) });
}

function candidatesFor(shell: CompletingShell, { candidates, continues }: Completion, last: ShellWord): readonly Candidate[] {
  const values = candidates.map(({ value }) => value);
  switch (shell) {
    case "bash":
      return bashCandidates(values, last, continues ?? false).map((value) => ({ value }));
    case "zsh":
      return zshCandidates(values, last).map((value, index) => ({ ...candidates[index], value }));
    default:
      return candidates;
  }
}

async function completeIn({ root, context, hasInstalled }: Completer, words: readonly string[]): Promise<Completion> {
  let found: Promise<CommandTable | undefined> | undefined;
  const findTable = async () => (mayNameCollectors(words) || (await hasInstalled()) ? undefined : builtInTable());
  const table = () => (found ??= findTable());
  const sources: CompletionSources = {
    profiles: async () => {
      const { library } = globalOptions(root, context, words);
      const files = await library.list();
      return files.flatMap(({ profiles }) => profiles.map(({ name, about }) => ({ value: name, description: about })));
    },
    probes: async (text, { given }) => {
      const readers = (await table())?.readers ?? (await loadReaders(context, given.get("--collector-dir") ?? []));
      // Loaded only now: most completions do not need the kernel.
      const { completeProbe } = await import("./complete-probe.ts");
      return completeProbe(text, readers);
    },
  };
  return complete({ root, rootParser: rootParser(root), context, table }, sources, words);
}

async function loadReaders(context: CommandContext, directories: readonly string[]): Promise<readonly ArgumentReader[]> {
  const loaded = await context.loadCollectors({ directories, paths: [], names: [], quiet: true });
  return loaded.map(({ collector }) => collector);
}

/** Whether collectors of third parties may be named on the line: by a path, or their directory. */
function mayNameCollectors(words: readonly string[]): boolean {
  return words.some((word) => word.startsWith("--collector-dir") || (word.includes("/") && !word.includes(":")));
}

/** The global options on the line that is being completed: they say where profiles are. */
function globalOptions(root: CommandGroup, { profiles }: CommandContext, words: readonly string[]) {
  const parser = rootParser(root).configureOutput({ writeOut: () => {} });
  try {
    parser.parse([...words], { from: "user" });
  } catch {
    // The word that is being completed may be half an option; those before it were read.
  }
  return chosenProfiles(parser, { openKernel: profiles.kernel });
}

function answerText({ candidates, names, continues }: Completion): string {
  const lines = [
    ...(continues ? [":nospace"] : []),
    ...(names ? [`:${names}`] : []),
    ...candidates
      .filter(({ value }) => !hasAnyControl(value)) // A shell shows it as it is.
      .map(({ value, description }) => (description ? `${value}\t${withoutControls(description)}` : value)),
  ];
  return lines.map((line) => `${line}\n`).join("");
}
