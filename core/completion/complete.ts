/** What can be typed at the cursor. The scripts for the shells are thin: they call this and show the result. */
import type { OptionFlag } from "../api/option-flag.ts";
import { findCursor, isOption, type CompletionHost, type CompletionCursor } from "./completion-cursor.ts";
import type { Candidate } from "../cli/cli-command.ts";
import { commaList } from "../cli/option-values.ts";
import { isRepeatable, isSinkOption, sinkPrefix } from "../cli/parser.ts";
import type { Option } from "commander";
import { isPath } from "../cli/select-collectors.ts";

export interface Completion {
  readonly candidates: readonly Candidate[];
  /** The shell completes names of these, beside the candidates. */
  readonly names?: "files" | "directories";
  /** More can follow in the same word: no space after it. */
  readonly continues?: true;
}

/** Where names come from. */
export interface CompletionSources {
  profiles(): Promise<readonly Candidate[]>;
  /** Probes that begin with a text, or the next part of them. */
  probes(text: string, cursor: CompletionCursor): Promise<Completion>;
}

type Kind = "collectors" | "probe" | "profiles" | "files" | "directories";

/** What options take, by long name; every other one takes one of its choices, or something that nobody can guess. */
const optionKinds: Readonly<Record<string, Kind>> = {
  "--collectors": "collectors",
  "--collector": "files",
  "--save-records": "files",
  "--replay": "files",
  "--key": "files",
  "--signature": "files",
  "--probe": "probe",
  "--profile": "profiles",
  "--collector-dir": "directories",
  "--extra-profiles-dir": "directories",
  "--out": "files",
  "--kconf": "files",
  "--register": "files",
};

/** What arguments are, by name; every other one is a file. */
const argumentKinds: Readonly<Record<string, Kind>> = { collector: "collectors", profile: "profiles" };

const nothing: Completion = { candidates: [] };

/**
 * Completes the last of the words.
 *
 * @param words what follows the program's name, up to the cursor; the last may be empty
 */
export async function complete(host: CompletionHost, sources: CompletionSources, words: readonly string[]): Promise<Completion> {
  const current = words.at(-1) ?? "";
  const cursor = await findCursor(host, words.slice(0, -1));
  if (cursor.option && !(cursor.valueOptional && isOption(current, cursor)))
    return completeValue(cursor.option.long ?? "", current, cursor, host, sources);
  if (!isOption(current, cursor)) return completeOperand(current, cursor, host, sources);
  const equals = current.indexOf("=");
  if (equals < 0) return { candidates: startingWith(current, optionsOf(cursor)) };
  const flag = current.slice(0, equals);
  const { candidates, ...rest } = await completeValue(flag, current.slice(equals + 1), cursor, host, sources);
  return { ...rest, candidates: candidates.map((candidate) => ({ ...candidate, value: `${flag}=${candidate.value}` })) };
}

/** The options that can still be given; those with a short name only too. */
function optionsOf({ parser, given }: CompletionCursor): readonly Candidate[] {
  const help = { value: "--help", description: "Print help" };
  const open = parser.options.filter((option) => isRepeatable(option) || !given.has(option.long ?? option.flags));
  return [
    ...open.map((option) => ({ value: option.long ?? option.short ?? option.flags, description: firstLine(option.description) })),
    help,
  ];
}

/** Shells show a line for each candidate. */
function firstLine(text: string): string {
  return text.split("\n", 1)[0]!;
}

async function completeOperand(
  current: string,
  cursor: CompletionCursor,
  host: CompletionHost,
  sources: CompletionSources,
): Promise<Completion> {
  if (cursor.commands) {
    const shown = cursor.commands.filter((command) => !command.hidden);
    return {
      candidates: startingWith(
        current,
        shown.map(({ name, summary }) => ({ value: name, description: summary })),
      ),
    };
  }
  const expected = cursor.parser.registeredArguments;
  const argument = expected[cursor.operands.length] ?? (expected.at(-1)?.variadic ? expected.at(-1) : undefined);
  if (!argument) return nothing;
  const own = await cursor.leaf?.candidates?.(cursor.operands, host.context);
  if (own) return { candidates: startingWith(current, own) };
  const kind = argumentKinds[argument.name()] ?? "files";
  const { candidates, names } = await completeKind(kind, current, cursor, host, sources);
  return { candidates, ...(names && { names }) };
}

async function completeValue(
  flag: string,
  current: string,
  cursor: CompletionCursor,
  host: CompletionHost,
  sources: CompletionSources,
): Promise<Completion> {
  const option = cursor.parser.options.find(({ long }) => long === flag);
  if (option && isSinkOption(option)) return completeSink(option, current, cursor, host);
  const kind = optionKinds[flag];
  if (kind) return completeKind(kind, current, cursor, host, sources);
  const choices = option?.argChoices;
  if (choices)
    return {
      candidates: startingWith(
        current,
        choices.map((value) => ({ value })),
      ),
    };
  const table = await host.table();
  const own = table === undefined ? await flagOf(flag, cursor, host) : table.values[flag];
  const candidates = (own?.choices ?? []).map((value) => ({ value: String(value) }));
  return own?.list ? listItems(current, candidates) : { candidates: startingWith(current, candidates) };
}

/** A sink, or the file that most of these options can name too. */
async function completeSink(option: Option, current: string, cursor: CompletionCursor, host: CompletionHost): Promise<Completion> {
  const files = option.flags.includes("file") ? ({ names: "files" } as const) : {};
  if (!current.startsWith(sinkPrefix)) {
    const begun = startingWith(current, [{ value: sinkPrefix, description: "The sink of a collector" }]);
    return begun.length === 0 ? { candidates: [], ...files } : { candidates: begun, continues: true, ...files };
  }
  // Loaded only now: sinks need what prints events.
  const { sinkCandidates } = await import("../cli/sink-request.ts");
  return { candidates: startingWith(current, sinkCandidates(current, await loadCollectors(cursor, host))), continues: true };
}

async function completeKind(
  kind: Kind,
  current: string,
  cursor: CompletionCursor,
  host: CompletionHost,
  sources: CompletionSources,
): Promise<Completion> {
  switch (kind) {
    case "collectors": {
      const known = (await host.table())?.collectors ?? (await describedCollectors(cursor, host));
      const auto = cursor.option ? [{ value: "auto", description: "All that can run on this host" }] : [];
      return isPath(current) ? { candidates: [], names: "files" } : listItems(current, [...known, ...auto]);
    }
    case "profiles":
      return isPath(current) ? { candidates: [], names: "files" } : listItems(current, await sources.profiles());
    case "probe":
      return sources.probes(current, cursor);
    default:
      return { candidates: [], names: kind };
  }
}

async function describedCollectors(cursor: CompletionCursor, host: CompletionHost): Promise<readonly Candidate[]> {
  const loaded = await loadCollectors(cursor, host);
  return loaded.map(({ collector }) => ({ value: collector.name, description: collector.summary }));
}

/** An option of a collector. */
async function flagOf(flag: string, cursor: CompletionCursor, host: CompletionHost): Promise<OptionFlag | undefined> {
  const loaded = await loadCollectors(cursor, host);
  const { optionFlags } = await import("../api/option-flag.ts");
  return loaded.flatMap(({ collector }) => optionFlags(collector)).find((candidate) => candidate.flag === flag);
}

function loadCollectors({ given }: CompletionCursor, { context }: CompletionHost) {
  return context.loadCollectors({ directories: given.get("--collector-dir") ?? [], paths: [], names: [], quiet: true });
}

/** Completes the last item of a comma list, without those that are in it already. */
function listItems(current: string, known: readonly Candidate[]): Completion {
  const head = current.slice(0, current.lastIndexOf(",") + 1);
  const present = commaList(head);
  const open = known
    .filter(({ value }) => !present.includes(value))
    .map((candidate) => ({ ...candidate, value: `${head}${candidate.value}` }));
  return { candidates: startingWith(current, open), continues: true };
}

function startingWith(text: string, candidates: readonly Candidate[]): readonly Candidate[] {
  return candidates.filter(({ value }) => value.startsWith(text));
}
