/**
 * The import and naming rules of the code base, as data and as a test. An exception is an entry with its reason; an
 * entry that no file needs fails too, so that the lists stay true.
 */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { Glob } from "bun";

const root = join(import.meta.dir, "..");

/**
 * What the files of an area may import of ours, from the table "Layers" of ARCHITECTURE.md. An area is a directory of core,
 * `collectors` for each collector, `bpf`, or one of the files that the table lists.
 */
const allowed = readLayers(readFileSync(join(root, "ARCHITECTURE.md"), "utf8"));

/** Packages from outside and the areas that may import them. */
const packages: Readonly<Record<string, readonly string[]>> = {
  "@sinclair/typebox": [
    "core/api",
    "core/pattern",
    "core/file",
    "core/event",
    "core/fields",
    "core/plugin",
    "core/run",
    "core/output",
    "core/command",
    "collectors",
    "core/records",
    "core/authoring",
    "core/packed",
  ],
  "@sinclair/typebox/value": ["core/cli", "core/plugin", "core/run", "core/records", "core/packed"],
  "bun:ffi": ["core/libbpf", "core/libpcap", "core/privileges", "core/scenarios", "core/signals"],
  "cbor-x/decode": ["core/cbor"],
  "cbor-x/encode": ["core/cbor"],
  "tar/header": ["core/packed"],
  commander: ["core/cli", "core/completion", "core/command"],
  yaml: ["core/profile"],
};

/** Areas that may touch the file system, with what they do there. */
const fileSystemAreas: Readonly<Record<string, string>> = {
  "core/authoring": "what authors keep in the directory of a collector",
  "core/base": "the log and its lines on stderr, generated code that is dumped",
  "core/command": "the pager, the directory of a new collector, completion scripts, and the notices of what the executable carries",
  "core/doctor": "the user namespace, whether tracefs is there, the object that hooks are tried with",
  "core/fields": "the objects that reading of fields is written into",
  "core/file": "event files",
  "core/filter": "the objects that filters are written into",
  "core/kernel": "type information, symbols and settings of the running kernel",
  "core/libbpf": "shared libraries and objects in memory files",
  "core/output": "stdout",
  "core/packed": "packed and installed collectors",
  "core/plugin": "directories of third-party collectors",
  "core/privileges": "what /proc says of threads",
  "core/probe": "the objects of hooks",
  "core/profile": "profiles",
  "core/records": "files of raw records",
  "core/run": "privileges and mounts of the host",
  "core/scenarios": "network namespaces, and what a scenario left",
  "core/script": "scripts of users",
  "core/userspace": "programs and libraries, and what /proc says of processes",
  "core/workloads": "control groups, processes in /proc, and what container runtimes keep in files",
  "core/diagnose": "what /proc says of the network, inside each namespace",
  scripts: "license files of what goes into the executable",
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

/** The rows of the table: area → areas that it may import. */
function readLayers(page: string): ReadonlyMap<string, readonly string[]> {
  const section = /^## Layers\n([\s\S]*?)^## /m.exec(page)?.[1] ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("| `"));
  return new Map(rows.map((row) => readLayer(row.split("|").slice(1, -1))));
}

function readLayer([directory, , imports]: readonly string[]): readonly [string, readonly string[]] {
  const names = imports!.split(",").map((name) => name.trim());
  return [layerName(directory!.trim()), names.filter((name) => name !== "nothing").map(layerName)];
}

function layerName(cell: string): string {
  const name = cell.replaceAll("`", "");
  if (name === "collectors/<name>") return "collectors";
  return name === "bpf" || name === "docs" || cell !== name ? name : `core/${name}`;
}

function areaOf(path: string): string {
  const [top, second] = path.split("/");
  if (path === "core/main.ts" || path === "core/worker.ts" || path === "collectors/index.ts" || path === "build.ts") return path;
  return top === "core" ? `core/${second}` : top!;
}

function isOurs(specifier: string): boolean {
  return /^(core|collectors|bpf|docs|test|scripts|build\.ts|package\.json)\b/.test(specifier);
}

/** Whether an import within the code base is allowed by the tables above. */
function mayImport({ path, area }: SourceFile, target: string): boolean {
  if (dirname(target) === dirname(path) || target === "package.json") return true;
  if (area === "collectors") return ownDirectory(path) === ownDirectory(target) || (allowed.get(area)?.includes(areaOf(target)) ?? false);
  if (area.startsWith("core/") && areaOf(target) === area) return true;
  return allowed.get(area)?.includes(areaOf(target)) ?? false;
}

/** Kind of the command that a file of core/command exports, if any. */
function kindOf({ path }: SourceFile): string | undefined {
  return /^export const \w+: (CommandBody|CommandGroup)\b/m.exec(readFileSync(join(root, path), "utf8"))?.[1];
}

function ownDirectory(path: string): string {
  return path.split("/").slice(0, 2).join("/");
}

function edges(from: readonly SourceFile[]): readonly (readonly [SourceFile, string])[] {
  return from.flatMap((file) => file.imports.map((target) => [file, target] as const));
}

describe("imports", () => {
  test("every area is in the table", () => {
    expect([...new Set(code.map((file) => file.area))].filter((area) => !allowed.has(area))).toEqual([]);
  });

  test("areas import only what the table allows", () => {
    const bad = edges(code).filter(([file, target]) => isOurs(target) && !mayImport(file, target));
    expect(bad.map(([file, target]) => `${file.path} → ${target}`)).toEqual([]);
  });

  test("only composition roots name the list of collectors", () => {
    const roots = ["core/main.ts", "core/worker.ts"];
    const bad = edges(code).filter(([file, target]) => target === "collectors/index.ts" && !roots.includes(file.path));
    expect(bad.map(([file]) => file.path)).toEqual([]);
  });

  test("no command imports another, except a group its own", () => {
    const commands = code.filter((file) => file.area === "core/command" && kindOf(file) !== undefined).map((file) => file.path);
    const leaves = code.filter((file) => file.area === "core/command" && kindOf(file) === "CommandBody");
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

  test("the table lists nothing that no file needs", () => {
    const needed = new Set(edges(code).map(([{ area }, target]) => `${area} → ${areaOf(target)}`));
    const listed = [...allowed].flatMap(([area, targets]) => targets.map((target) => `${area} → ${target}`));
    expect(listed.filter((edge) => !needed.has(edge))).toEqual([]);
  });

  test("layers import only layers above them in the table", () => {
    const order = [...allowed.keys()].filter((area) => area.startsWith("core/"));
    const bad = order.flatMap((area, row) =>
      allowed
        .get(area)!
        .filter((target) => order.indexOf(target) >= row)
        .map((target) => `${area} → ${target}`),
    );
    expect(bad).toEqual([]);
  });
});

describe("names", () => {
  test("files are in kebab-case", () => {
    const bad = files.filter(({ path }) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.bpf)?(\.test|\.d|\.bench)?\.ts$/.test(basename(path)));
    expect(bad.map(({ path }) => path)).toEqual([]);
  });

  test("no file or directory has a name that says nothing", () => {
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

test("BPF sources include headers of their own directory and of bpf/include only", () => {
  const sources = ["bpf/**/*.{c,h}", "collectors/**/*.{c,h}"].flatMap((pattern) => [...new Glob(pattern).scanSync(root)]);
  const bad = sources.flatMap((path) =>
    [...readFileSync(join(root, path), "utf8").matchAll(/^#include "([^"]+)"/gm)]
      .filter((match) => match[1]!.includes("/"))
      .map((match) => `${path} → ${match[1]}`),
  );
  expect(bad).toEqual([]);
});

/** The first cycle of imports among all files that are not tests, as a path; undefined when there is none. */
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
