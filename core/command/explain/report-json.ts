/** Answers of `retis explain --json`. */
import type { DropAdvice } from "../../api/drop-advice.ts";
import type { KernelDropReason } from "../../kernel/drop-reasons.ts";
import { type ErrorEntry, errorEntries } from "./error-page.ts";
import { find, type Knowledge, withoutAdvice } from "./report.ts";

/**
 * One answer as JSON, two-space indented.
 * @throws TraceError `UNKNOWN_REASON`
 */
export function explanationJson(text: string, known: Knowledge): string {
  const found = find(text, known);
  if ("entry" in found) return asJson(ofError(found.entry));
  return asJson(found.advice === undefined ? ofKernel(found.declared) : ofAdvice(found.advice));
}

/** All that can be explained, as one JSON array. */
export function listJson({ advice, kernel }: Knowledge): string {
  return asJson([...advice.map(ofAdvice), ...withoutAdvice(advice, kernel).map(ofKernel), ...errorEntries.map(ofError)]);
}

function ofAdvice({ name, aliases = [], class: usual, meaning, causes, steps, counters = [] }: DropAdvice) {
  return { kind: "drop-reason", name, aliases, class: usual, meaning, causes, steps, counters };
}

function ofKernel({ name, subsystem }: KernelDropReason) {
  return { kind: "drop-reason", name, subsystem, class: "unknown" };
}

function ofError({ code, group, paragraphs }: ErrorEntry) {
  return { kind: "error", name: code, group, meaning: paragraphs.join("\n") };
}

function asJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
