/** Answers of `retis explain`. */
import { unknownDropReason } from "../../base/errors.ts";
import type { KernelDropReason } from "../../kernel/drop-reasons.ts";
import { nearNames } from "../../base/near-names.ts";
import type { DropAdvice } from "./advice.ts";
import { dropAdvice } from "./drop-advice.ts";
import { type ErrorEntry, errorEntries } from "./error-page.ts";

/** What the running kernel says about its reasons. */
export interface KnownReasons {
  /** `uname -r`. */
  readonly release: string;
  readonly reasons: readonly KernelDropReason[];
}

const maxSuggestions = 5;
const width = 80;

/**
 * All that is known about a drop reason or an error of retis.
 * @param text as typed or as events and errors print it, e.g. `no_socket`, `SKB_DROP_REASON_NO_SOCKET`,
 *   `openvswitch/OVS_DROP_METER`, `[BPF_LOAD]`
 * @param kernel undefined when the kernel's own reasons cannot be read
 * @throws TraceError `UNKNOWN_REASON`
 */
export function explanation(text: string, kernel: KnownReasons | undefined): string {
  const wanted = withoutPrefix(text);
  const advice = dropAdvice.find(({ name, aliases = [] }) => name === wanted || aliases.includes(wanted));
  const declared = kernel?.reasons.find(({ name }) => name.toUpperCase() === (advice?.name ?? wanted));
  if (advice !== undefined) return adviceText(advice, wanted, declared === undefined ? kernel : undefined);
  if (kernel !== undefined && declared !== undefined) return declaredText(declared, kernel);
  const entry = errorEntries.find(({ code }) => code === wanted);
  if (entry !== undefined) return entryText(entry);
  throw unknownDropReason(text, searchedIn(kernel), suggestions(wanted, kernel));
}

function withoutPrefix(text: string): string {
  const name = text
    .trim()
    .replace(/^\[(.*)\]$/, "$1")
    .toUpperCase()
    .replaceAll("-", "_");
  return name.slice(name.lastIndexOf("/") + 1).replace(/^(SKB_)?(DROP_REASON_)?/, "");
}

/** @param stranger the running kernel, if it does not know the reason */
function adviceText(advice: DropAdvice, wanted: string, stranger: KnownReasons | undefined): string {
  const { name, meaning } = advice;
  const blocks = [
    [`${name}: ${meaning}`, ...(wanted === name ? [] : [`${wanted} is an alias: the kernel calls it ${name}`])],
    titled("Likely causes:", advice.causes),
    titled("What to do:", advice.steps),
    stranger === undefined ? [] : [`The running kernel (${stranger.release}) does not have this reason`],
  ];
  return blocksText(blocks);
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
export function listText(kernel: KnownReasons | undefined): string {
  const others = withoutAdvice(kernel);
  const names = [...dropAdvice, ...others].map(({ name }) => name);
  const column = Math.max(...[...names, ...errorEntries.map(({ code }) => code)].map((name) => name.length));
  const line = (name: string, text: string) => `${name.padEnd(column)}  ${text}`;
  return blocksText([
    ["Drop reasons:", ...dropAdvice.map(({ name, meaning }) => line(name, meaning))],
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

function withoutAdvice(kernel: KnownReasons | undefined): readonly KernelDropReason[] {
  const advised = new Set(dropAdvice.map(({ name }) => name));
  return (kernel?.reasons ?? []).filter(({ name }) => !advised.has(name));
}

function firstSentence(text: string): string {
  return text.replace(/[.:;](\s.*)?$/s, "");
}

/** Everything that can be explained, with a line about each. */
export function explainable(kernel: KnownReasons | undefined): readonly { readonly value: string; readonly description: string }[] {
  return [
    ...dropAdvice.map(({ name, meaning }) => ({ value: name, description: meaning })),
    ...withoutAdvice(kernel).map(({ name, subsystem }) => ({ value: name, description: `Drop reason (${subsystem})` })),
    ...errorEntries.map(({ code, paragraphs }) => ({ value: code, description: firstSentence(paragraphs[0]!) })),
  ];
}

function searchedIn(kernel: KnownReasons | undefined): string {
  if (kernel !== undefined) return `known neither to retis nor to the running kernel (${kernel.release})`;
  return "not known to retis, and the reasons of the running kernel cannot be read";
}

/** Names that are spelt nearly so, then those that the typed text is a part of. */
function suggestions(wanted: string, kernel: KnownReasons | undefined): readonly string[] {
  const advised = dropAdvice.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
  const codes = errorEntries.map(({ code }) => code);
  const known = [...new Set([...advised, ...(kernel?.reasons ?? []).map(({ name }) => name), ...codes])];
  const containing = wanted.length < 2 ? [] : known.filter((name) => name.includes(wanted));
  return [...new Set([...nearNames(wanted, known), ...containing])].slice(0, maxSuggestions);
}
