/** Holds the errors to the wording rule, and docs/errors.md to the errors, both ways. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const source = readFileSync(join(import.meta.dir, "errors.ts"), "utf8");
const page = readFileSync(join(import.meta.dir, "../../docs/errors.md"), "utf8");

interface Constructor {
  readonly code: string;
  /** Source of the template; `${…}` marks what is filled in. */
  readonly message: string;
  readonly hint: string | undefined;
  readonly exitCode: 1 | 2;
}

/** One exported function each, cut out of the source at its end. */
const constructors: readonly Constructor[] = [...source.matchAll(/^export function \w+\([\s\S]*?\n}$/gm)].flatMap(([text]) => {
  const code = /new TraceError\(\s*"([^"]+)"/.exec(text)?.[1];
  if (code === undefined) return [];
  const message = textAfter(/(?:new TraceError\(\s*"[^"]+",|const message =)\s*/, text);
  const hint = textAfter(/\bhint: /, text);
  const exitCode = /exitCode: 2/.test(text) ? 2 : 1;
  return message === undefined ? [] : [{ code, message, hint, exitCode }];
});

/** The string or template literal that follows the first match at which there is one. */
function textAfter(before: RegExp, text: string): string | undefined {
  const literal = new RegExp(`${before.source}(?:\`([^\`]*)\`|"([^"]*)")`).exec(text);
  return literal?.[1] ?? literal?.[2];
}

/** Codes on the page with the exit status that the heading of their group states. */
const documented = page
  .split(/^## /m)
  .slice(1)
  .flatMap((group) => {
    const exitCode = Number(/exit status ([12])/.exec(group)?.[1]);
    return [...group.matchAll(/^### `([A-Z_]+)`\n(\S.*)/gm)].map((match) => ({ code: match[1]!, exitCode }));
  });

test("every error of the source was found by this test", () => {
  expect(constructors.length).toBeGreaterThan(30);
  expect(constructors).toHaveLength(source.match(/new TraceError\(/g)!.length);
});

test("every code has an entry with a text on the page, and every entry has a code", () => {
  expect(documented.map(({ code }) => code).sort()).toEqual([...new Set(constructors.map(({ code }) => code))].sort());
});

test("the page states the right exit status", () => {
  for (const { code, exitCode } of constructors)
    expect([code, documented.find((entry) => entry.code === code)?.exitCode]).toEqual([code, exitCode]);
});

test("hints name nothing that a host with only the executable lacks", () => {
  expect(constructors.filter(({ hint }) => hint?.includes("docs/"))).toEqual([]);
  expect(page.slice(page.indexOf("## "))).not.toContain("docs/");
});

test.each(constructors.map((entry) => [entry.code, entry.message, entry.hint] as const))("%s is worded by the rule", (_, message, hint) => {
  expect(message).toMatch(/^(\$\{|[A-Z"]).*[^.]$/s);
  expect(message).not.toMatch(/^Cannot .* as |\bthere is no\b|\bis no\b/);
  // Cannot <act>: <reason>
  if (message.startsWith("Cannot ") && !message.includes(" to a terminal")) expect(message).toContain(": ");
  if (hint !== undefined) expect(hint).toMatch(/^(\$\{|[A-Z`'"]).*[^.]$/);
});

test("entries are in the order of their codes, group by group", () => {
  const groups = page.split(/^## /m).slice(1);
  for (const group of groups) {
    const codes = [...group.matchAll(/^### `([A-Z_]+)`$/gm)].map((match) => match[1]!);
    expect(codes).toEqual(codes.toSorted());
  }
});

test("no code has two entries", () => {
  expect(new Set(documented.map(({ code }) => code)).size).toBe(documented.length);
});
