/** Reads the JUnit report of `bun test`. */
import type { Skip, Summary } from "./summary.ts";
import type { TimedTest } from "./timing.ts";

/** Counts of a report. A skipped test gives its reason in its name or its group's: `…(needs root)`. */
export function junitSummary(xml: string): Summary {
  const cases = [...xml.matchAll(/<testcase\s([^>]*?)(\/>|>([\s\S]*?)<\/testcase>)/g)].map(([, attributes = "", , body = ""]) => ({
    attributes,
    body,
  }));
  const skipped = cases.filter(({ body }) => body.includes("<skipped")).map(({ attributes }) => skipOf(attributes));
  const failures = cases.filter(({ body }) => /<(failure|error)\b/.test(body)).map(({ attributes }) => `[unit] ${nameOf(attributes)}`);
  const failed = failures.length;
  return { passed: cases.length - failed - skipped.length, failed, failures, skipped };
}

/** How long the tests of each file took. */
export function junitTimes(xml: string): readonly TimedTest[] {
  const times = new Map<string, number>();
  for (const [, attributes = ""] of xml.matchAll(/<testcase\s([^>]*)>/g)) {
    const file = attribute(attributes, "file");
    times.set(file, (times.get(file) ?? 0) + Number(attribute(attributes, "time")) * 1000);
  }
  return [...times].map(([name, ms]) => ({ name, ms }));
}

function skipOf(attributes: string): Skip {
  const name = nameOf(attributes);
  const reason = /\(([^()]*\bneeds [^()]*)\)/.exec(name);
  return { name: name.replace(reason?.[0] ?? "", "").trim(), reason: reason?.[1] ?? "no reason given" };
}

function nameOf(attributes: string): string {
  return [attribute(attributes, "file"), attribute(attributes, "classname"), attribute(attributes, "name")]
    .filter((part) => part !== "")
    .join(": ");
}

function attribute(attributes: string, name: string): string {
  const value = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes)?.[1] ?? "";
  return value.replace(/&(lt|gt|quot|apos|amp|#\d+);/g, (_, entity: string) => decodeEntity(entity));
}

function decodeEntity(entity: string): string {
  if (entity.startsWith("#")) return String.fromCodePoint(Number(entity.slice(1)));
  return { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" }[entity] ?? "";
}
