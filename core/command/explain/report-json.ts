/** Answers of `retis explain --json`. */
import type { DropAdvice, DropLocation } from "../../api/drop-advice.ts";
import type { KernelDropReason } from "../../kernel/drop-reasons.ts";
import { type ErrorEntry, errorEntries } from "./error-page.ts";
import type { FoundFunction } from "./location.ts";
import { find, type Knowledge, withoutAdvice } from "./report.ts";

/**
 * One answer as JSON, two-space indented.
 * @throws TraceError `UNKNOWN_REASON`
 */
export function explanationJson(text: string, known: Knowledge): string {
  const found = find(text, known);
  if ("entry" in found) return asJson(ofError(found.entry));
  if ("function" in found) return asJson(ofFunction(found.function));
  return asJson(found.advice === undefined ? ofKernel(found.declared) : ofAdvice(found.advice));
}

/** All that can be explained, as one JSON array. */
export function listJson({ advice, kernel, locations }: Knowledge): string {
  return asJson([
    ...advice.map(ofAdvice),
    ...withoutAdvice(advice, kernel).map(ofKernel),
    ...locations.map((location) => ofLocation(location.functions[0]!, location)),
    ...errorEntries.map(ofError),
  ]);
}

function ofAdvice({ name, aliases = [], class: usual, meaning, causes, steps, counters = [] }: DropAdvice) {
  return { kind: "drop-reason", name, aliases, class: usual, meaning, causes, steps, counters };
}

function ofKernel({ name, subsystem }: KernelDropReason) {
  return { kind: "drop-reason", name, subsystem, class: "unknown" };
}

function ofFunction({ name, location }: FoundFunction) {
  return location === undefined ? { kind: "function", name } : ofLocation(name, location);
}

function ofLocation(name: string, { functions, meaning, drops, steps }: DropLocation) {
  const reasons = Object.entries(drops).map(([reason, when]) => ({ reason, when }));
  return { kind: "function", name, functions, meaning, drops: reasons, steps };
}

function ofError({ code, group, paragraphs }: ErrorEntry) {
  return { kind: "error", name: code, group, meaning: paragraphs.join("\n") };
}

function asJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
