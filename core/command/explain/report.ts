/** Answers of `retis explain`. */
import { unknownDropReason } from "../../base/errors.ts";
import type { KernelDropReason } from "../../kernel/drop-reasons.ts";
import { nearNames } from "../../base/near-names.ts";
import { type DropAdvice, dropAdvice } from "./drop-advice.ts";

/** What the running kernel says about its reasons. */
export interface KnownReasons {
  /** `uname -r`. */
  readonly release: string;
  readonly reasons: readonly KernelDropReason[];
}

const maxSuggestions = 5;

/**
 * All that is known about one reason.
 * @param text as typed or as events print it, e.g. `no_socket`, `SKB_DROP_REASON_NO_SOCKET`, `openvswitch/OVS_DROP_METER`
 * @param kernel undefined when the kernel's own reasons cannot be read
 * @throws TraceError `UNKNOWN_REASON`
 */
export function reasonText(text: string, kernel: KnownReasons | undefined): string {
  const wanted = withoutPrefix(text);
  const advice = dropAdvice.find(({ name, aliases = [] }) => name === wanted || aliases.includes(wanted));
  const declared = kernel?.reasons.find(({ name }) => name.toUpperCase() === (advice?.name ?? wanted));
  if (advice !== undefined) return adviceText(advice, wanted, declared === undefined ? kernel : undefined);
  if (kernel !== undefined && declared !== undefined) return declaredText(declared, kernel);
  throw unknownDropReason(text, whoAsked(kernel), suggestions(wanted, kernel));
}

function withoutPrefix(text: string): string {
  const name = text.trim().toUpperCase().replaceAll("-", "_");
  return name.slice(name.lastIndexOf("/") + 1).replace(/^(SKB_)?(DROP_REASON_)?/, "");
}

/** @param stranger the running kernel, if it does not know the reason */
function adviceText(advice: DropAdvice, wanted: string, stranger: KnownReasons | undefined): string {
  const { name, meaning } = advice;
  const blocks = [
    [`${name}: ${meaning}`, ...(wanted === name ? [] : [`${wanted} is another name for it; the kernel says ${name}`])],
    titled("Likely causes:", advice.causes),
    titled("What to do:", advice.steps),
    stranger === undefined ? [] : [`The running kernel (${stranger.release}) does not give this reason`],
  ];
  return blocksText(blocks);
}

function declaredText({ name, subsystem }: KernelDropReason, { release }: KnownReasons): string {
  const owner = subsystem === "core" ? "the kernel's core network stack" : `the kernel's subsystem ${subsystem}`;
  return blocksText([
    [`${name}: a drop reason of ${owner}`],
    [`The running kernel (${release}) knows it, but there is no advice on it yet`],
    titled("What to do:", ["Find the function that dropped the packet: retis collect -c skb,skb-drop --stack"]),
  ]);
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

/** One line for each reason: those with advice, then those that only the kernel knows. */
export function listText(kernel: KnownReasons | undefined): string {
  const advised = new Set(dropAdvice.map(({ name }) => name));
  const others = (kernel?.reasons ?? []).filter(({ name }) => !advised.has(name));
  const width = Math.max(...[...dropAdvice, ...others].map(({ name }) => name.length));
  const lines = dropAdvice.map(({ name, meaning }) => `${name.padEnd(width)}  ${meaning}`);
  const otherLines = others.map(({ name, subsystem }) => `${name.padEnd(width)}  (${subsystem}; no advice yet)`);
  const title = `Known to the running kernel (${kernel?.release}) too:`;
  return blocksText([lines, otherLines.length === 0 ? [] : [title, ...otherLines]]);
}

function whoAsked(kernel: KnownReasons | undefined): string {
  if (kernel !== undefined) return `known neither to retis nor to the running kernel (${kernel.release})`;
  return "not known to retis, and the reasons of the running kernel cannot be read";
}

/** Names that are spelt nearly so, then those that the typed text is a part of. */
function suggestions(wanted: string, kernel: KnownReasons | undefined): readonly string[] {
  const advised = dropAdvice.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
  const known = [...new Set([...advised, ...(kernel?.reasons ?? []).map(({ name }) => name)])];
  const containing = wanted.length < 2 ? [] : known.filter((name) => name.includes(wanted));
  return [...new Set([...nearNames(wanted, known), ...containing])].slice(0, maxSuggestions);
}
