/** Answers of `retis explain`. */
import type { DropAdvice, DropClass } from "../../api/drop-advice.ts";
import { unknownDropReason } from "../../base/errors.ts";
import type { KernelDropReason } from "../../kernel/drop-reasons.ts";
import { nearNames } from "../../base/near-names.ts";
import { type ErrorEntry, errorEntries } from "./error-page.ts";
import { findFunction, type FoundFunction, functionText, type KnownFunctions, nearFunctions } from "./location.ts";
import { blocksText, titled } from "./text-blocks.ts";

/** What the running kernel says about its reasons. */
export interface KnownReasons {
  /** `uname -r`. */
  readonly release: string;
  readonly reasons: readonly KernelDropReason[];
}

/** What answers are made from. */
export interface Knowledge extends KnownFunctions {
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
  | { readonly entry: ErrorEntry }
  | { readonly function: FoundFunction };

const maxSuggestions = 5;
const width = 80;

const classTexts: Readonly<Record<DropClass, string>> = {
  problem: "Usually a problem",
  normal: "Usually normal: such drops are part of the work of a healthy host",
  unknown: "Whether it is a problem cannot be known from the reason alone",
};

/**
 * What a drop reason, a function or an error of retis is.
 * @param text as typed or as events and errors print it, e.g. `no_socket`, `SKB_DROP_REASON_NO_SOCKET`,
 *   `openvswitch/OVS_DROP_METER`, `tcp_v4_rcv+0x91`, `[BPF_LOAD]`
 * @throws TraceError `UNKNOWN_REASON`
 */
export function find(text: string, known: Knowledge): Found {
  const { advice: all, kernel } = known;
  const wanted = withoutPrefix(text);
  const advice = all.find((one) => namesOf(one).includes(wanted));
  const names = advice === undefined ? [wanted] : namesOf(advice);
  const declared = kernel?.reasons.find(({ name }) => names.includes(name.toUpperCase()));
  if (advice !== undefined) return { advice, declared };
  if (kernel !== undefined && declared !== undefined) return { advice, declared, kernel };
  const entry = errorEntries.find(({ code }) => code === wanted);
  if (entry !== undefined) return { entry };
  const found = findFunction(text, known);
  if (found !== undefined) return { function: found };
  throw unknownDropReason(text, searchedIn(kernel), suggestions(text, known));
}

/**
 * All that is known about a drop reason, a function or an error of retis, for people.
 * @throws TraceError `UNKNOWN_REASON`
 */
export function explanation(text: string, known: Knowledge): string {
  const found = find(text, known);
  if ("entry" in found) return entryText(found.entry);
  if ("function" in found) return functionText(found.function, known);
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
export function explainable({ advice, kernel, locations }: Knowledge): readonly { readonly value: string; readonly description: string }[] {
  return [
    ...advice.map(({ name, meaning }) => ({ value: name, description: meaning })),
    ...withoutAdvice(advice, kernel).map(({ name, subsystem }) => ({ value: name, description: `Drop reason (${subsystem})` })),
    ...locations.flatMap(({ functions, meaning }) => functions.map((value) => ({ value, description: meaning }))),
    ...errorEntries.map(({ code, paragraphs }) => ({ value: code, description: firstSentence(paragraphs[0]!) })),
  ];
}

function searchedIn(kernel: KnownReasons | undefined): string {
  if (kernel !== undefined) return `known neither to retis nor to the running kernel (${kernel.release})`;
  return "not known to retis, and the reasons of the running kernel cannot be read";
}

/** Names that are spelt nearly so, then those that the typed text is a part of; functions before reasons for text in lower case. */
function suggestions(text: string, { advice, kernel, locations }: Knowledge): readonly string[] {
  const wanted = withoutPrefix(text);
  const advised = advice.flatMap(namesOf);
  const codes = errorEntries.map(({ code }) => code);
  const names = [...new Set([...advised, ...(kernel?.reasons ?? []).map(({ name }) => name), ...codes])];
  const containing = wanted.length < 2 ? [] : names.filter((name) => name.includes(wanted));
  const near = [...nearNames(wanted, names), ...containing];
  const functions = nearFunctions(text, locations);
  const isFunction = /[a-z]/.test(text) && functions.length > 0;
  return [...new Set(isFunction ? [...functions, ...near] : [...near, ...functions])].slice(0, maxSuggestions);
}
