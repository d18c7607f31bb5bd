/** Texts that users see are worded as CONTRIBUTING.md says. An exception is an entry with its reason, and must be needed. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Glob } from "bun";
import { stringLiterals } from "./support/string-literals.ts";

const root = join(import.meta.dir, "..");

interface Rule {
  readonly pattern: RegExp;
  /** What to write. */
  readonly instead: string;
}

const rules: readonly Rule[] = [
  { pattern: /\b(?!the )\w+\(s\)/, instead: 'counted(n, "event")' },
  { pattern: /Cannot .* as (?!root\b)/, instead: '"Cannot X: Y", or the fact itself' },
  { pattern: /\b(is|are|was|were) no\b/, instead: '"is not a"' },
  { pattern: /\bthere is none\b(?!")/, instead: '"unknown"' },
  { pattern: /\b(tells?|told|telling)\b/, instead: '"says", "reports"' },
  { pattern: /\b(stands?|stood)\b/, instead: '"is", "appears", "follows"' },
  { pattern: /\bbehind\b/, instead: '"after"' },
  { pattern: /\b(asks?|asked)\b/, instead: '"requested", "evaluated"' },
  { pattern: /\b(somebody|nobody|persons?)\b/i, instead: '"the user", "others"' },
  { pattern: /\bthe kernel answered\b/, instead: "the name of the error alone" },
  { pattern: /\bNeeded is\b|\bis needed$/, instead: '"Needs"' },
  { pattern: /\b(hasten|overtook|under way)\b/i, instead: "the field's term" },
  { pattern: /\bfolders?\b/i, instead: '"directory"' },
];

/** Texts that break a rule for a reason. */
const exceptions: readonly { readonly file: string; readonly text: RegExp; readonly why: string }[] = [
  { file: "core/packet/arp.ts", text: /who-(has|is) .* tell /, why: "what tcpdump prints for ARP requests" },
  { file: "core/run/collect.ts", text: /probe\(s\) loaded/, why: "scripts wait for this line" },
];

interface Text {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

const sources = ["core/**/*.ts", "collectors/**/*.ts"].flatMap((pattern) => [...new Glob(pattern).scanSync(root)]).sort();
const ours = sources.filter((file) => !/\.test\.ts$|\.d\.ts$|\/testdata\//.test(file));
const texts: readonly Text[] = [
  ...ours.flatMap(textsOf),
  ...linesOf("docs/errors.md"),
  ...[...new Glob("core/profile/*.yaml").scanSync(root)].flatMap(linesOf),
];

/** Literals of several words: those of one are names. */
function textsOf(file: string): readonly Text[] {
  const literals = stringLiterals(readFileSync(join(root, file), "utf8"));
  return literals.filter(({ text }) => /\S \S/.test(text)).map((literal) => ({ file, ...literal }));
}

function linesOf(file: string): readonly Text[] {
  return readFileSync(join(root, file), "utf8")
    .split("\n")
    .map((text, index) => ({ file, line: index + 1, text }));
}

function isException({ file, text }: Text): boolean {
  return exceptions.some((exception) => exception.file === file && exception.text.test(text));
}

describe("texts for users", () => {
  test("there are many", () => expect(texts.length).toBeGreaterThan(1000));

  test.each(rules.map((rule) => [rule.instead, rule] as const))("write %s", (_, { pattern }) => {
    const bad = texts.filter((text) => pattern.test(text.text) && !isException(text));
    expect(bad.map(({ file, line, text }) => `${file}:${line}: ${text}`)).toEqual([]);
  });

  test("every exception is needed", () => {
    const idle = exceptions.filter((exception) => !texts.some((text) => text.file === exception.file && exception.text.test(text.text)));
    expect(idle).toEqual([]);
  });
});

describe("the literals of a source", () => {
  test.each([
    ['f("a b"); // "c"', ["a b"]],
    ["/* 'x' */ g('y\\'z')", ["y\\'z"]],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source of a template
    ["`a ${f('b')} ${`c ${d}`} e`", ["a ${f('b')} ${`c ${d}`} e"]],
    ['x.replace(/["\'`]/g, "q")', ["q"]],
    ['a / b / c + "d"', ["d"]],
  ])("%s", (source, expected) => expect(stringLiterals(source).map(({ text }) => text)).toEqual(expected));

  test("know their line", () => expect(stringLiterals('a;\n\nf("x");').map(({ line }) => line)).toEqual([3]));
});
