import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Type } from "@sinclair/typebox";
import { apiVersion, defineCollector, defineSection, type Collector, type Host } from "../api/collector.ts";
import { readyCollectors } from "../api/loaded-collector.ts";
import { loadCollectors, type PluginHost, type PluginRequest } from "./load-collectors.ts";

const trialCommand = [process.execPath, join(import.meta.dir, "testdata/describe.ts")];
const home = process.env["HOME"];
let base = "";
let warnings: string[] = [];
const made: string[] = [];

const skb = defineCollector({
  name: "skb",
  summary: "Built in",
  apiVersion,
  sections: [defineSection({ key: "packet", summary: "Packet", schema: Type.Object({}) })],
  options: Type.Object({ sections: Type.Optional(Type.String()) }),
  setup: () => ({ hooks: [] }),
});

/** Code that leaves a trace where it runs, which may be another process. */
function trace(): string {
  return `require("node:fs").writeFileSync(${JSON.stringify(join(base, "ran"))}, "");`;
}

function ran(): boolean {
  return existsSync(join(base, "ran"));
}

function host(builtIn: readonly Collector[] = [skb]): PluginHost {
  const warn = (message: string) => void warnings.push(message);
  return { builtIn, coreSections: ["common"], coreFlags: ["--out-rotate"], trialCommand, warn };
}

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "retis-plugins-"));
  made.push(base);
  process.env["HOME"] = base;
  warnings = [];
});

afterAll(() => {
  if (home === undefined) delete process.env["HOME"];
  else process.env["HOME"] = home;
  for (const path of made) rmSync(path, { recursive: true, force: true });
});

/** Writes a plugin; `body` goes into the collector object, after its usual members. */
function plugin(name: string, body = "", parent = base): string {
  const source = `import { apiVersion, defineCollector, defineSection, Type } from "retis/collector";
    export default defineCollector({
      name: "${name}", summary: "Sample", apiVersion, sections: [],
      setup: () => ({ hooks: [{ object: "./hook.bpf.o", at: "every-probe" }] }), ${body}
    });`;
  return rawPlugin(name, source, parent);
}

function rawPlugin(name: string, source: string, parent = base): string {
  const directory = join(parent, name);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "collector.ts"), source);
  return directory;
}

function load(request: Partial<PluginRequest>, builtIn?: readonly Collector[]) {
  return loadCollectors(host(builtIn), { directories: [], paths: [], names: [], sharesStdout: true, ...request });
}

/** Imports them too. */
async function ready(request: Partial<PluginRequest>) {
  return readyCollectors(await load(request), (_, error) => {
    throw error;
  });
}

test("built-in collectors come first, then third parties by name, wherever they were found", async () => {
  const zeta = plugin("zeta");
  const beta = plugin("beta", "", join(base, ".config/retis/collectors"));
  const alpha = plugin("alpha", "", join(base, "more"));
  const loaded = await load({ paths: [zeta], directories: [join(base, "more")] });
  expect(loaded.map(({ collector, directory, source }) => [collector.name, directory, source])).toEqual([
    ["skb", undefined, "built-in"],
    ["alpha", alpha, "directory"],
    ["beta", beta, "directory"],
    ["zeta", zeta, "path"],
  ]);
  expect(warnings).toEqual([]);
});

test("a path may also name the file in the directory, or end in a slash", async () => {
  const directory = plugin("filed");
  for (const path of [join(directory, "collector.ts"), `${directory}/`]) {
    expect((await load({ paths: [path] }))[1]).toMatchObject({ directory, source: "path" });
  }
});

test("one found twice is loaded once, as the one that was named", async () => {
  const directory = plugin("twice");
  symlinkSync(directory, join(base, "alias"));
  const loaded = await load({ paths: [directory], directories: [base] });
  expect(loaded.map(({ collector, source }) => [collector.name, source])).toEqual([
    ["skb", "built-in"],
    ["twice", "path"],
  ]);
  expect(warnings).toEqual([]);
});

test("the working directory is not searched", async () => {
  plugin("here");
  const before = process.cwd();
  process.chdir(base);
  try {
    expect((await load({})).map(({ collector }) => collector.name)).toEqual(["skb"]);
  } finally {
    process.chdir(before);
  }
});

test("objects of hooks are found from the collector's directory", async () => {
  const directory = plugin("hooked");
  const [, loaded] = await ready({ paths: [directory] });
  const plan = loaded!.collector.setup({} as Host, {});
  expect(plan.hooks).toEqual([{ object: join(directory, "hook.bpf.o"), at: "every-probe" }]);
});

test("the contract module is the host's own", async () => {
  const directory = rawPlugin(
    "same",
    `import * as contract from "retis/collector";
     export default contract.defineCollector({ name: "same", summary: "S", apiVersion: contract.apiVersion, sections: [],
       setup: () => ({ hooks: [], constants: { same: contract.defineCollector === globalThis.expectedDefineCollector } }) });`,
  );
  (globalThis as { expectedDefineCollector?: unknown }).expectedDefineCollector = defineCollector;
  const [, loaded] = await ready({ paths: [directory] });
  expect(loaded!.collector.setup({} as Host, {}).constants).toEqual({ same: true });
});

test.each([
  ["syntax", "export default {;", /^Cannot load collector \S+: it does not compile: \S+collector\.ts:1:\d+: /],
  ["missing-import", 'import "./nowhere.ts";', /: it (does not compile|throws when imported): .*nowhere/],
  ["throws", 'throw new Error("no luck");', /: it throws when imported: no luck$/],
  ["nothing", "export const a = 1;", /: its default export is not a collector$/],
  ["no-setup", 'export default { name: "a", summary: "s", apiVersion: 1, sections: [] };', /: it has no setup function$/],
  [
    "old",
    'export default { name: "old", summary: "s", apiVersion: 99, sections: [], setup() {} };',
    /: it is written for API version 99, and this retis has 1\.0$/,
  ],
  [
    "bad-default",
    `import { apiVersion, Type } from "retis/collector";
     export default { name: "a", summary: "s", apiVersion, sections: [], setup() {}, options: Type.Object({ n: Type.Integer({ default: "x" }) }) };`,
    /: invalid default of option "n": Expected integer$/,
  ],
  [
    "bad-args",
    `export default { name: "a", summary: "s", api: "1.x", sections: [], setup() {}, args: { reason: "int" } };`,
    /: its args\.reason is not a list of types$/,
  ],
  [
    "bad-types",
    `export default { name: "a", summary: "s", api: "1.x", sections: [], setup() {}, kernelTypes: "int" };`,
    /: its kernelTypes is not a list of texts$/,
  ],
  [
    "bad-losses",
    `export default { name: "a", summary: "s", api: "1.x", sections: [], setup() {}, losses: { full: 1 } };`,
    /: its losses\.full is not text$/,
  ],
  [
    "bad-start",
    `export default { name: "a", summary: "s", api: "1.x", sections: [], setup() {}, start: true };`,
    /: its start is not a function$/,
  ],
  [
    "bad-format",
    'export default { name: "a", summary: "s", api: "1.x", sections: [{ key: "b", summary: "", schema: { type: "object" }, format: "" }], setup() {} };',
    /: format of section "b" is not a function$/,
  ],
  [
    "bad-section",
    'export default { name: "a", summary: "s", apiVersion: 1, sections: [{ key: "Upper" }], setup() {} };',
    /: the key of a section is not kebab-case$/,
  ],
])(
  "a faulty collector (%s) is named; with a path it is fatal, in a directory a warning, requested by name fatal",
  async (name, source, message) => {
    const directory = rawPlugin(name, source);
    await expect(load({ paths: [directory] })).rejects.toThrow(message);
    await expect(load({ directories: [base], names: [name] })).rejects.toThrow(message);
    expect((await load({ directories: [base] })).map(({ collector }) => collector.name)).toEqual(["skb"]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(directory);
  },
);

test.each([
  ["skb", "", 'the name "skb" is already used by the built-in collector "skb"'],
  ["twin", 'sections: [defineSection({ key: "packet", summary: "P", schema: Type.Object({}) })],', 'the section "packet" is already used'],
  [
    "core",
    'sections: [defineSection({ key: "common", summary: "C", schema: Type.Object({}) })],',
    'the section "common" is already used by retis itself',
  ],
  ["out", "options: Type.Object({ rotate: Type.Optional(Type.String()) }),", 'the option "--out-rotate" is already used by retis itself'],
  [
    "double",
    "options: Type.Object({ a_b: Type.Optional(Type.String()), aB: Type.Optional(Type.String()) }),",
    'the option "--double-a-b" is already used by itself',
  ],
])("a claim on a name that is taken (%s) is refused", async (name, body, message) => {
  await expect(load({ paths: [plugin(name, body)] })).rejects.toThrow(message);
});

test("two third parties of one name: the one found first stays", async () => {
  const first = plugin("dup", "", join(base, "a"));
  plugin("dup", "", join(base, "b"));
  const loaded = await load({ directories: [join(base, "a"), join(base, "b")] });
  expect(loaded.map(({ directory }) => directory)).toEqual([undefined, first]);
  expect(warnings[0]).toContain(`already used by ${first}`);
});

test("a path without a collector and a directory that is not there are errors", async () => {
  await expect(load({ paths: [join(base, "none")] })).rejects.toThrow(": it has no collector.ts");
  await expect(load({ directories: [join(base, "none")] })).rejects.toThrow(": the directory cannot be read");
});

test.skipIf(process.getuid!() !== 0)(
  "as root, a directory that others can write to or own is refused before it runs (needs root)",
  async () => {
    const directory = rawPlugin("evil", `${trace()} export default 1;`);
    chmodSync(directory, 0o777);
    await expect(load({ paths: [directory] })).rejects.toThrow("is writable by others");
    chmodSync(directory, 0o755);
    chownSync(join(directory, "collector.ts"), 65534, 65534);
    await expect(load({ paths: [directory] })).rejects.toThrow("belongs to uid 65534");
    expect(ran()).toBe(false);
  },
);

describe.skipIf(process.getuid!() !== 0)("as root, nothing outside the checked directory is used (needs root)", () => {
  const whole = (line: string, hook = "./hook.bpf.o") => `import { apiVersion, defineCollector } from "retis/collector"; ${line}
    export default defineCollector({ name: "sample", summary: "S", apiVersion, sections: [], setup: () => ({ hooks: [{ object: "${hook}", at: "every-probe" }] }) });`;

  test.each([
    ["a relative import", 'import "../foreign.ts";'],
    ["a re-export", 'export * from "../foreign.ts";'],
    ["a dynamic import", 'await import("../foreign.ts");'],
    ["a require", 'require("../foreign.ts");'],
    ["a package of a node_modules above", 'import "foreign";'],
    ["a path that a tsconfig.json above gives", 'import "mapped";'],
    ["a name that is computed", 'await import(["..", "foreign.ts"].join("/"));'],
    ["a path that is computed", "await import([import.meta.dirname, '..', 'foreign.ts'].join('/'));"],
  ])("%s", async (_, line) => {
    writeFileSync(join(base, "foreign.ts"), trace());
    mkdirSync(join(base, "node_modules/foreign"), { recursive: true });
    writeFileSync(join(base, "node_modules/foreign/index.js"), trace());
    writeFileSync(join(base, "tsconfig.json"), '{"compilerOptions":{"paths":{"mapped":["./foreign.ts"]}}}');
    await expect(load({ paths: [rawPlugin("sample", whole(line))] })).rejects.toThrow(/outside this directory|can be imported/);
    expect(ran()).toBe(false);
  });

  test("the contract is never another module", async () => {
    writeFileSync(join(base, "foreign.ts"), `${trace()} export const defineCollector = 1, apiVersion = 1;`);
    writeFileSync(join(base, "tsconfig.json"), '{"compilerOptions":{"paths":{"retis/collector":["./foreign.ts"]}}}');
    await ready({ paths: [rawPlugin("sample", whole(""))] });
    expect(ran()).toBe(false);
  });

  test("what is in it is: code, data, and files for their paths", async () => {
    const directory = rawPlugin(
      "sample",
      whole(`import hook from "./hook.bpf.o" with { type: "file" }; import { words } from "./lib/words.ts"; import inner from "inner";
        globalThis.seen = [hook, words, inner, import.meta.dir];`),
    );
    mkdirSync(join(directory, "lib"));
    mkdirSync(join(directory, "node_modules/inner"), { recursive: true });
    writeFileSync(join(directory, "hook.bpf.o"), "\x7fELF");
    writeFileSync(
      join(directory, "lib/words.ts"),
      'import data from "./data.json"; export const words: string[] = [data.word, import.meta.dir];',
    );
    writeFileSync(join(directory, "lib/data.json"), '{"word":"w"}');
    writeFileSync(join(directory, "node_modules/inner/index.js"), 'module.exports = "i";');
    await ready({ paths: [directory] });
    expect((globalThis as { seen?: unknown }).seen).toEqual([join(directory, "hook.bpf.o"), ["w", join(directory, "lib")], "i", directory]);
  });

  test("links in it, to files and directories", async () => {
    writeFileSync(join(base, "section.ts"), trace());
    const directory = rawPlugin("sample", whole('import "./section.ts";'));
    symlinkSync(join(base, "section.ts"), join(directory, "section.ts"));
    await expect(load({ paths: [directory] })).rejects.toThrow("section.ts is a symbolic link");
    rmSync(join(directory, "section.ts"));
    symlinkSync(base, join(directory, "lib"));
    await expect(load({ paths: [directory] })).rejects.toThrow("lib is a symbolic link");
    expect(ran()).toBe(false);
  });

  test.each(["../hook.bpf.o", "/usr/lib/hook.bpf.o"])("the object of a hook: %s", async (object) => {
    const [, loaded] = await ready({ paths: [rawPlugin("sample", whole("", object))] });
    expect(() => loaded!.collector.setup({} as Host, {})).toThrow("hook.bpf.o is outside this directory");
  });

  test("a link that another user swaps between check and import", async () => {
    const foreign = join(base, "foreign");
    const link = join(foreign, "link");
    const good = join(rawPlugin("good", "export default 1;"), "collector.ts");
    const evil = join(rawPlugin("evil", `${trace()} export default 1;`), "collector.ts");
    mkdirSync(foreign);
    chownSync(foreign, 65534, 65534);
    chownSync(evil, 65534, 65534);
    const directory = join(base, "sample");
    mkdirSync(directory);
    symlinkSync(link, join(directory, "collector.ts"));
    for (const target of [good, evil]) {
      rmSync(link, { force: true });
      symlinkSync(target, link);
      await expect(load({ paths: [directory] })).rejects.toThrow("collector.ts is a symbolic link");
    }
    expect(ran()).toBe(false);
  });
});
