/**
 * Holds recorded events to expected ones, in order: each expected item must be a recursive subset of some later event.
 * Strings match as substrings, other values by equality. `&name` remembers a value, `*name` asks for the remembered
 * one, `!name` for a different one.
 */
import type { RecordedEvent } from "./event-file.ts";

/** What must be in an event; keys that are not mentioned may hold anything. */
export type Expected = { readonly [key: string]: unknown };

/** Throws an Error that names the first expected item without a match. */
export function expectEvents(events: readonly RecordedEvent[], expected: readonly Expected[]): void {
  const remembered = new Map<string, unknown>();
  let next = 0;
  for (const [index, item] of expected.entries()) {
    const found = events.findIndex((event, position) => position >= next && matches(event, item, remembered));
    if (found < 0) {
      throw new Error(`expected event ${index} is not there: ${text(item)}\nevents from ${next} on:\n${listing(events.slice(next))}`);
    }
    next = found + 1;
  }
}

function matches(actual: unknown, expected: unknown, remembered: Map<string, unknown>): boolean {
  const trial = new Map(remembered);
  if (!isSubset(actual, expected, trial)) return false;
  for (const [name, value] of trial) remembered.set(name, value);
  return true;
}

function isSubset(actual: unknown, expected: unknown, remembered: Map<string, unknown>): boolean {
  if (typeof expected === "string") return matchesText(actual, expected, remembered);
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) && actual.length === expected.length && expected.every((item, at) => isSubset(actual[at], item, remembered))
    );
  }
  if (typeof expected === "object" && expected !== null) {
    if (typeof actual !== "object" || actual === null) return false;
    const fields = actual as Record<string, unknown>;
    return Object.entries(expected).every(([key, value]) => isSubset(fields[key], value, remembered));
  }
  return actual === expected;
}

function matchesText(actual: unknown, expected: string, remembered: Map<string, unknown>): boolean {
  const name = expected.slice(1);
  switch (expected[0]) {
    case "&":
      if (actual === undefined) return false;
      remembered.set(name, actual);
      return true;
    case "*":
      return remembered.has(name) && remembered.get(name) === actual;
    case "!":
      return actual !== undefined && remembered.has(name) && remembered.get(name) !== actual;
    default:
      return typeof actual === "string" && actual.includes(expected);
  }
}

function listing(events: readonly RecordedEvent[]): string {
  const shown = events.slice(0, 20).map(text).join("\n");
  return events.length > 20 ? `${shown}\n… and ${events.length - 20} more` : shown;
}

function text(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? item.toString() : item));
}
