/**
 * The import and naming rules of the code base, as data and as a test. An exception is an entry with its reason; an
 * entry that no file needs fails too, so that the lists stay true.
 */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { Glob } from "bun";

const root = join(import.meta.dir, "..");

/** What the files of an area may import of ours. An area is a folder of core, a collector, or one of the names below. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  "core/base": [],
  "core/api": ["core/base"],
  "core/libbpf": ["core/base", "core/api"],
  "core/libpcap": ["core/base", "core/libbpf"],
  "core/packet": ["core/base", "core/api"],
  "core/kernel": ["core/base", "core/api"],
  "core/cbor": ["core/base", "core/api"],
  "core/file": ["core/base", "core/api", "core/cbor"],
  "core/event": ["core/base", "core/api", "core/cbor"],
  "core/plugin": ["core/base", "core/api", "core/event"],
  "core/profile": ["core/base", "core/api"],
  "core/filter": ["core/base", "core/api", "core/kernel", "core/libpcap", "bpf"],
  "core/probe": ["core/base", "core/api", "core/libbpf", "core/kernel", "bpf"],
  "core/output": ["core/base", "core/api", "core/event", "core/packet", "core/file"],
  // Describes options and finds the command; which commands there are is told by main, so that cli stays below them.
  "core/cli": ["core/base", "core/api", "core/plugin", "core/profile"],
  // Goes over the events of a file, and looks into their packets.
  "core/stage": ["core/base", "core/api", "core/cbor", "core/packet", "core/file"],
  // Gives scripts of users what events, packets and their text are.
  "core/script": ["core/base", "core/api", "core/file", "core/output", "core/packet"],
  "core/run": [
    "core/base",
    "core/api",
    "core/libbpf",
    "core/kernel",
    "core/event",
    "core/file",
    "core/filter",
    "core/output",
    "core/probe",
    "bpf",
  ],
  "core/doctor": ["core/base", "core/api", "core/kernel", "core/libbpf", "core/probe", "bpf"],
  // The headers of bpf go into the template of a new collector.
  "core/command": [
    "bpf",
    "core/base",
    "core/api",
    "core/cli",
    "core/doctor",
    "core/event",
    "core/file",
    "core/kernel",
    "core/output",
    "core/probe",
    "core/profile",
    "core/run",
    "core/script",
    "core/stage",
  ],
  "core/main.ts": ["core/base", "core/cli", "core/command", "core/event", "core/kernel", "core/plugin", "collectors/index.ts"],
  "collectors/index.ts": ["core/api", "collectors"],
  collectors: ["core/api", "core/base", "core/packet"],
  "build.ts": ["core/base", "scripts"],
  scripts: [],
};

/** Single files that other areas may import beside the table. */
const openFiles: readonly { readonly file: string; readonly to: readonly string[]; readonly why: string }[] = [
  {
    file: "core/plugin/loaded-collector.ts",
    to: ["core/command", "core/doctor", "core/run"],
    why: "types only: a collector and where it came from, handed from main to the commands and to the run",
  },
  { file: "core/kernel/version.ts", to: ["core/profile"], why: "conditions on the kernel's version" },
  { file: "core/cli/suggest.ts", to: ["core/profile"], why: "misspelt keys and names of profiles" },
  { file: "core/probe/elf-sections.ts", to: ["core/filter"], why: "filters are written into the code section of an object" },
  {
    file: "core/plugin/option-flag.ts",
    to: ["core/command", "core/doctor"],
    why: "collector show lists the flags of a collector, doctor needs their defaults",
  },
  { file: "core/output/text-output.ts", to: ["core/cli"], why: "help and other answers go to stdout as events do" },
  { file: "core/plugin/privilege.ts", to: ["core/script"], why: "whether the folder of a script must be safe" },
  { file: "core/plugin/safe-folder.ts", to: ["core/script"], why: "one rule for all code of users that runs with our privileges" },
  { file: "core/cli/collect-options.ts", to: ["core/run"], why: "types only: what the command line asked of a run" },
];

/** Packages from outside and the areas that may import them. */
const packages: Readonly<Record<string, readonly string[]>> = {
  "@sinclair/typebox": ["core/api", "core/event", "core/plugin", "core/output", "core/command", "collectors"],
  "@sinclair/typebox/value": ["core/cli", "core/plugin"],
  "bun:ffi": ["core/libbpf", "core/libpcap"],
  "cbor-x/decode": ["core/cbor"],
  "cbor-x/encode": ["core/cbor"],
  commander: ["core/cli", "core/command"],
  yaml: ["core/profile"],
};

/** Areas that may touch the file system, with what they do there. */
const fileSystemAreas: Readonly<Record<string, string>> = {
  "core/base": "the log and its lines on stderr",
  "core/command": "the pager, the folder of a new collector, and completion scripts",
  "core/doctor": "the user namespace, whether tracefs is there, the object that hooks are tried with",
  "core/file": "event files",
  "core/filter": "the objects that filters are written into",
  "core/kernel": "type information, symbols and settings of the running kernel",
  "core/libbpf": "shared libraries and objects in memory files",
  "core/output": "stdout",
  "core/plugin": "folders of third-party collectors",
  "core/probe": "the objects of hooks",
  "core/profile": "profiles",
  "core/run": "privileges and mounts of the host",
  "core/script": "scripts of users",
  collectors: "names that the host keeps in files, e.g. /run/netns",
};

const vagueNames = ["utils", "util", "helpers", "helper", "common", "misc"];
const vagueNameExceptions: Readonly<Record<string, string>> = {
  "core/event/common.ts": "the section is called `common` in events and files",
};

interface SourceFile {
  readonly path: string;
  readonly area: string;
  readonly isTest: boolean;
  /** Import specifiers; ours as paths from the root. */
  readonly imports: readonly string[];
}

const files = ["core/**/*.ts", "collectors/**/*.ts", "test/**/*.ts", "scripts/**/*.ts", "build.ts"]
  .flatMap((pattern) => [...new Glob(pattern).scanSync(root)])
  .sort()
  .map(readSource);
const byPath = new Map(files.map((file) => [file.path, file]));
const code = files.filter((file) => !file.isTest);

function readSource(path: string): SourceFile {
  const isTest = path.startsWith("test/") || path.endsWith(".test.ts") || path.includes("/testdata/");
  const specifiers = importsOf(readFileSync(join(root, path), "utf8"));
  const imports = specifiers.map((specifier) => (specifier.startsWith(".") ? normalize(join(dirname(path), specifier)) : specifier));
  return { path, area: areaOf(path), isTest, imports };
}

/** Every specifier that a source names, type-only imports and re-exports included (Bun's own scanner drops those). */
function importsOf(source: string): readonly string[] {
  const patterns = [/^(?:import|export)\b[^;"'`]*?\bfrom\s*"([^"]+)"/gm, /^import\s*"([^"]+)"/gm, /\bimport\(\s*"([^"]+)"/g];
  return patterns.flatMap((pattern) => [...source.matchAll(pattern)].map((match) => match[1]!));
}

function areaOf(path: string): string {
  const [top, second] = path.split("/");
  if (path === "core/main.ts" || path === "collectors/index.ts" || path === "build.ts") return path;
  return top === "core" ? `core/${second}` : top!;
}

function isOurs(specifier: string): boolean {
  return /^(core|collectors|bpf|test|scripts|build\.ts|package\.json)\b/.test(specifier);
}

/** Whether an import within the code base is allowed by the tables above. */
function mayImport({ path, area }: SourceFile, target: string): boolean {
  if (dirname(target) === dirname(path) || target === "package.json") return true;
  if (area === "collectors") return ownFolder(path) === ownFolder(target) || allowed["collectors"]!.includes(areaOf(target));
  if (area.startsWith("core/") && areaOf(target) === area) return true;
  if (openFiles.some((open) => open.file === target && open.to.includes(area))) return true;
  return allowed[area]?.includes(areaOf(target)) ?? false;
}

/** Kind of the command that a file of core/command exports, if any. */
function kindOf({ path }: SourceFile): string | undefined {
  return /^export const \w+: (LeafCommand|CommandGroup)\b/m.exec(readFileSync(join(root, path), "utf8"))?.[1];
}

function ownFolder(path: string): string {
  return path.split("/").slice(0, 2).join("/");
}

function edges(from: readonly SourceFile[]): readonly (readonly [SourceFile, string])[] {
  return from.flatMap((file) => file.imports.map((target) => [file, target] as const));
}

describe("imports", () => {
  test("every area is in the table", () => {
    expect([...new Set(code.map((file) => file.area))].filter((area) => !(area in allowed))).toEqual([]);
  });

  test("areas import only what the table allows", () => {
    const bad = edges(code).filter(([file, target]) => isOurs(target) && !mayImport(file, target));
    expect(bad.map(([file, target]) => `${file.path} → ${target}`)).toEqual([]);
  });

  test("only main names the list of collectors", () => {
    const bad = edges(code).filter(([file, target]) => target === "collectors/index.ts" && file.path !== "core/main.ts");
    expect(bad.map(([file]) => file.path)).toEqual([]);
  });

  test("no command imports another, except a group its own", () => {
    const commands = code.filter((file) => file.area === "core/command" && kindOf(file) !== undefined).map((file) => file.path);
    const leaves = code.filter((file) => file.area === "core/command" && kindOf(file) === "LeafCommand");
    const bad = edges(leaves).filter(([, target]) => commands.includes(target));
    expect(bad.map(([file, target]) => `${file.path} → ${target}`)).toEqual([]);
  });

  test("nothing outside of test imports from test", () => {
    const bad = edges(files).filter(([file, target]) => target.startsWith("test/") && !file.path.startsWith("test/") && !file.isTest);
    expect(bad.map(([file, target]) => `${file.path} → ${target}`)).toEqual([]);
  });

  test("there are no cycles, type-only imports included", () => {
    expect(findCycle()).toBeUndefined();
  });

  test("packages from outside are named in the table", () => {
    const outside = edges(code).filter(([, target]) => !isOurs(target) && !target.startsWith("node:") && target !== "bun");
    const bad = outside.filter(([file, target]) => !packages[target]?.includes(file.area));
    expect(bad.map(([file, target]) => `${file.path} → ${target}`)).toEqual([]);
  });

  test("only some areas touch the file system", () => {
    const touching = edges(code).filter(([file, target]) => /^node:(fs|child_process)/.test(target) && file.area !== "build.ts");
    expect(touching.filter(([file]) => !(file.area in fileSystemAreas)).map(([file]) => file.path)).toEqual([]);
  });

  test("every open file is needed", () => {
    const unused = openFiles.filter(({ file }) => !edges(code).some(([from, target]) => target === file && from.area !== areaOf(file)));
    expect(unused.map(({ file }) => file)).toEqual([]);
  });
});

describe("names", () => {
  test("files are in kebab-case", () => {
    const bad = files.filter(({ path }) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.bpf)?(\.test|\.d|\.bench)?\.ts$/.test(basename(path)));
    expect(bad.map(({ path }) => path)).toEqual([]);
  });

  test("no file or folder has a name that says nothing", () => {
    const vague = ({ path }: SourceFile) => path.split(/[/.]/).some((part) => vagueNames.includes(part));
    expect(files.filter((file) => vague(file) && !(file.path in vagueNameExceptions)).map(({ path }) => path)).toEqual([]);
  });

  test("every exception is needed", () => {
    expect(Object.keys(vagueNameExceptions).filter((path) => !byPath.has(path))).toEqual([]);
  });

  test("the list of collectors is the only index.ts", () => {
    expect(files.filter(({ path }) => basename(path) === "index.ts").map(({ path }) => path)).toEqual(["collectors/index.ts"]);
  });
});

test("BPF sources include headers of their own folder and of bpf/include only", () => {
  const sources = ["bpf/**/*.{c,h}", "collectors/**/*.{c,h}"].flatMap((pattern) => [...new Glob(pattern).scanSync(root)]);
  const bad = sources.flatMap((path) =>
    [...readFileSync(join(root, path), "utf8").matchAll(/^#include "([^"]+)"/gm)]
      .filter((match) => match[1]!.includes("/"))
      .map((match) => `${path} → ${match[1]}`),
  );
  expect(bad).toEqual([]);
});

/** The first cycle of imports among all files that are no tests, as a path; undefined when there is none. */
function findCycle(): readonly string[] | undefined {
  const finished = new Set<string>();
  const visit = (path: string, trail: readonly string[]): readonly string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (finished.has(path)) return undefined;
    for (const target of byPath.get(path)?.imports ?? []) {
      const cycle = visit(target, [...trail, path]);
      if (cycle) return cycle;
    }
    finished.add(path);
    return undefined;
  };
  for (const { path } of code) {
    const cycle = visit(path, []);
    if (cycle) return cycle;
  }
  return undefined;
}
