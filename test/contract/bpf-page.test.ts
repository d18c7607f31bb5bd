/** bpf/README.md is the contract of hooks: it names all that the headers have, nothing else, and only files that exist. */
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Glob } from "bun";

const root = join(import.meta.dir, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const page = read("bpf/README.md");
const headers = [...new Glob("bpf/include/retis/*.h").scanSync(root)].sort();

const name = "((?:RETIS|retis)_[A-Za-z0-9_]+)";
const definitions = [
  new RegExp(`^#define ${name}`, "gm"),
  new RegExp(String.raw`^static __always_inline .*?[ *]${name}\(`, "gm"),
  new RegExp(String.raw`^(?:struct|enum) ${name} \{`, "gm"),
  new RegExp(String.raw`^(?:int |void \*)${name}\(`, "gm"),
  new RegExp(`^extern .*[ *]${name};`, "gm"),
];
const enumValues = [/\b(RETIS_[A-Z0-9_]+)(?: = \d+)?,/g, /\b(RETIS_[A-Z0-9_]+) = \d+ \}/g];

/** Macros, functions, structs and values of enums that a header defines, without comments and include guards. */
function namesIn(header: string): readonly string[] {
  const code = read(header).replace(/\/\*[\s\S]*?\*\//g, "");
  const enums = [...code.matchAll(/^enum \w+ \{[^}]*\}/gm)].map(([text]) => text).join("\n");
  const found = [
    ...definitions.flatMap((pattern) => [...code.matchAll(pattern)]),
    ...enumValues.flatMap((pattern) => [...enums.matchAll(pattern)]),
  ];
  return [...new Set(found.map((match) => match[1]!))].filter((each) => !/^RETIS_\w+_H$/.test(each));
}

/** Names in the page; those that end in … mean all that begin so. */
const documented = [...page.matchAll(new RegExp(`\\b${name}(…?)`, "g"))];
const whole = new Set(documented.filter((match) => match[2] === "").map((match) => match[1]!));
const prefixes = documented.filter((match) => match[2] === "…").map((match) => match[1]!);

test("the headers have names", () => {
  const all = headers.flatMap(namesIn);
  for (const expected of ["RETIS_HOOK", "retis_section_used", "retis_skb", "retis_context", "RETIS_ARG_RETURN", "RETIS_USDT"])
    expect(all).toContain(expected);
});

test.each(headers)("%s: every name is in the page", (header) => {
  const missing = namesIn(header).filter((each) => !whole.has(each) && !prefixes.some((prefix) => each.startsWith(prefix)));
  expect(missing).toEqual([]);
});

test("every name in the page exists", () => {
  const known = new Set([...headers.flatMap(namesIn), "retis_shared_types"]);
  expect([...whole].filter((each) => !known.has(each))).toEqual([]);
  expect(prefixes.filter((prefix) => ![...known].some((each) => each.startsWith(prefix)))).toEqual([]);
});

test("members of ctx and event in the page exist", () => {
  const members = (struct: string) => new RegExp(`^struct ${struct} \\{([^}]*)\\}`, "m").exec(headers.map(read).join("\n"))![1]!;
  for (const [variable, struct] of [
    ["ctx", "retis_context"],
    ["event", "retis_event"],
  ] as const) {
    const used = new Set([...page.matchAll(new RegExp(`\\b${variable}->(\\w+)`, "g"))].map((match) => match[1]!));
    expect([...used].filter((member) => !new RegExp(`\\b${member}(\\[\\w+\\])?;`).test(members(struct)))).toEqual([]);
  }
});

test("files named in the page and in comments of C exist", () => {
  const sources = ["bpf/README.md", ...new Glob("{bpf,collectors}/**/*.{c,h}").scanSync(root)];
  const dead = sources.flatMap((source) =>
    [...read(source).matchAll(/(?<![<\w/.-])(?:core|collectors|docs|test|bpf)\/[\w./-]+\.(?:ts|md|h|c)\b/g)]
      .filter(([path]) => !existsSync(join(root, path)))
      .map(([path]) => `${source}: ${path}`),
  );
  expect(dead).toEqual([]);
});

test("limits in the page are those of the headers", () => {
  for (const [, macro, number] of page.matchAll(/`(RETIS_\w+)` \(([\d,]+)\)/g))
    expect(headers.map(read).join("\n")).toMatch(new RegExp(`#define ${macro} ${number!.replaceAll(",", "")}\\b`));
});
