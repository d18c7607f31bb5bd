/** Answers of `retis explain`. */
import type { DropAdvice, DropClass } from "../../api/drop-advice.ts";
import { unknownDropReason } from "../../base/errors.ts";
import type { KernelDropReason } from "../../kernel/drop-reasons.ts";
import { nearNames } from "../../base/near-names.ts";
import { type ErrorEntry, errorEntries } from "./error-page.ts";

/** What the running kernel says about its reasons. */
export interface KnownReasons {
  /** `uname -r`. */
  readonly release: string;
  readonly reasons: readonly KernelDropReason[];
}

/** What answers are made from. */
export interface Knowledge {
  /** Of all collectors. */
  readonly advice: readonly DropAdvice[];
  /** Undefined when the kernel's own reasons cannot be read. */
  readonly kernel: KnownReasons | undefined;
}

/** What a text names. */
export type Found =
  | {
      readonly advice: DropAdvice /** Undefined if the running kernel does not have it, or cannot be read. */;
      readonly declared: KernelDropReason | undefined;
    }
  | { readonly advice: undefined; readonly declared: KernelDropReason; readonly kernel: KnownReasons }
  | { readonly entry: ErrorEntry };

const maxSuggestions = 5;
const width = 80;

const classTexts: Readonly<Record<DropClass, string>> = {
  problem: "Usually a problem",
  normal: "Usually normal: such drops are part of the work of a healthy host",
  unknown: "Whether it is a problem cannot be known from the reason alone",
};

/**
 * What a drop reason or an error of retis is.
 * @param text as typed or as events and errors print it, e.g. `no_socket`, `SKB_DROP_REASON_NO_SOCKET`,
 *   `openvswitch/OVS_DROP_METER`, `[BPF_LOAD]`
 * @throws TraceError `UNKNOWN_REASON`
 */
export function find(text: string, { advice: all, kernel }: Knowledge): Found {
  const wanted = withoutPrefix(text);
  const advice = all.find((one) => namesOf(one).includes(wanted));
  const names = advice === undefined ? [wanted] : namesOf(advice);
  const declared = kernel?.reasons.find(({ name }) => names.includes(name.toUpperCase()));
  if (advice !== undefined) return { advice, declared };
  if (kernel !== undefined && declared !== undefined) return { advice, declared, kernel };
  const entry = errorEntries.find(({ code }) => code === wanted);
  if (entry !== undefined) return { entry };
  throw unknownDropReason(text, searchedIn(kernel), suggestions(wanted, all, kernel));
}

/**
 * All that is known about a drop reason or an error of retis, for people.
 * @throws TraceError `UNKNOWN_REASON`
 */
export function explanation(text: string, known: Knowledge): string {
  const found = find(text, known);
  if ("entry" in found) return entryText(found.entry);
  if (found.advice === undefined) return declaredText(found.declared, found.kernel);
  return adviceText(found.advice, found.declared === undefined ? known.kernel : undefined);
}

function namesOf({ name, aliases = [] }: DropAdvice): readonly string[] {
  return [name, ...aliases];
}

function withoutPrefix(text: string): string {
  const name = text
    .trim()
    .replace(/^\[(.*)\]$/, "$1")
    .toUpperCase()
    .replaceAll("-", "_");
  return name.slice(name.lastIndexOf("/") + 1).replace(/^(SKB_)?(DROP_REASON_)?/, "");
}

/** @param stranger the running kernel, if it does not have the reason */
function adviceText({ name, aliases = [], ...advice }: DropAdvice, stranger: KnownReasons | undefined): string {
  const { meaning, causes, steps, counters = [] } = advice;
  return blocksText([
    [`${name}: ${meaning}`, ...(aliases.length === 0 ? [] : [`Also called ${aliases.join(", ")}`])],
    causes.length === 0 ? [] : [classTexts[advice.class]],
    titled("Likely causes:", causes),
    titled("What to do:", steps),
    titled("Counters that it raises, e.g. nstat -az NAME:", counters),
    stranger === undefined ? [] : [`The running kernel (${stranger.release}) does not have this reason`],
  ]);
}

function declaredText({ name, subsystem }: KernelDropReason, { release }: KnownReasons): string {
  const owner = subsystem === "core" ? "the kernel's core network stack" : `the kernel's subsystem ${subsystem}`;
  return blocksText([
    [`${name}: a drop reason of ${owner}`],
    [`The running kernel (${release}) has it; no advice is available yet`],
    titled("What to do:", ["Find the function that dropped the packet: retis collect -c skb,skb-drop --stack"]),
  ]);
}

function entryText({ code, group, paragraphs }: ErrorEntry): string {
  return blocksText([[`${code}: an error of retis (${group})`], ...paragraphs.map(wrapped)]);
}

/** The words on lines of at most {@link width} columns. */
function wrapped(text: string): readonly string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function titled(title: string, items: readonly string[]): readonly string[] {
  return items.length === 0 ? [] : [title, ...items.map((item) => `  - ${item}`)];
}

function blocksText(blocks: readonly (readonly string[])[]): string {
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join("\n"))
    .join("\n\n")}\n`;
}

/** A line for each: drop reasons with advice, those that only the running kernel knows, errors of retis. */
export function listText({ advice, kernel }: Knowledge): string {
  const others = withoutAdvice(advice, kernel);
  const names = [...advice, ...others].map(({ name }) => name);
  const column = Math.max(...[...names, ...errorEntries.map(({ code }) => code)].map((name) => name.length));
  const line = (name: string, text: string) => `${name.padEnd(column)}  ${text}`;
  return blocksText([
    ["Drop reasons:", ...advice.map(({ name, meaning }) => line(name, meaning))],
    titledLines(
      `Other reasons of the running kernel (${kernel?.release}):`,
      others.map(({ name, subsystem }) => line(name, `(${subsystem}; no advice yet)`)),
    ),
    ["Errors of retis:", ...errorEntries.map(({ code, paragraphs }) => line(code, firstSentence(paragraphs[0]!)))],
  ]);
}

function titledLines(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines];
}

/** Reasons of the running kernel that no advice is about. */
export function withoutAdvice(advice: readonly DropAdvice[], kernel: KnownReasons | undefined): readonly KernelDropReason[] {
  const advised = new Set(advice.flatMap(namesOf));
  return (kernel?.reasons ?? []).filter(({ name }) => !advised.has(name));
}

function firstSentence(text: string): string {
  return text.replace(/[.:;](\s.*)?$/s, "");
}

/** Everything that can be explained, with a line about each. */
export function explainable({ advice, kernel }: Knowledge): readonly { readonly value: string; readonly description: string }[] {
  return [
    ...advice.map(({ name, meaning }) => ({ value: name, description: meaning })),
    ...withoutAdvice(advice, kernel).map(({ name, subsystem }) => ({ value: name, description: `Drop reason (${subsystem})` })),
    ...errorEntries.map(({ code, paragraphs }) => ({ value: code, description: firstSentence(paragraphs[0]!) })),
  ];
}

function searchedIn(kernel: KnownReasons | undefined): string {
  if (kernel !== undefined) return `known neither to retis nor to the running kernel (${kernel.release})`;
  return "not known to retis, and the reasons of the running kernel cannot be read";
}

/** Names that are spelt nearly so, then those that the typed text is a part of. */
function suggestions(wanted: string, advice: readonly DropAdvice[], kernel: KnownReasons | undefined): readonly string[] {
  const advised = advice.flatMap(namesOf);
  const codes = errorEntries.map(({ code }) => code);
  const known = [...new Set([...advised, ...(kernel?.reasons ?? []).map(({ name }) => name), ...codes])];
  const containing = wanted.length < 2 ? [] : known.filter((name) => name.includes(wanted));
  return [...new Set([...nearNames(wanted, known), ...containing])].slice(0, maxSuggestions);
}
