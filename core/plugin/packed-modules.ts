/** The code and the objects of packed collectors, which stay in memory: nothing of them is written to a disk. */
import { extname, posix } from "node:path";
import { faultyPlugin } from "../base/errors.ts";
import { importFrom, moduleOf } from "../base/trusted-import.ts";
import { MemoryFile } from "../libbpf/memory-file.ts";
import { type PackedCollector, readPacked } from "../packed/packed-collector.ts";

/** A packed collector in use. */
interface OpenedCollector extends PackedCollector {
  /** Files that something had to have a path of, by their path in the archive; open until the process ends. */
  readonly inMemory: Map<string, MemoryFile>;
}

const opened = new Map<string, OpenedCollector>();

function open(path: string): OpenedCollector {
  const known = opened.get(path) ?? { ...readPacked(path), inMemory: new Map() };
  opened.set(path, known);
  return known;
}

/** The exports of a packed collector's entry. @param hostModules modules that this process provides */
export function importPacked(path: string, hostModules: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const collector = open(path);
  const { manifest, files } = collector;
  const prefix = `${path}/`;
  const inArchive = (name: string) => name.slice(prefix.length);
  const resolve = (specifier: string, importer: string) => {
    if (importer === "") return specifier;
    const targets = Object.hasOwn(manifest.imports, inArchive(importer)) ? manifest.imports[inArchive(importer)]! : {};
    if (!Object.hasOwn(targets, specifier)) throw new Error(`${inArchive(importer)} imports ${specifier}, which was not packed`);
    return `${prefix}${targets[specifier]}`;
  };
  const load = (name: string) => {
    const content = Buffer.from(files.get(inArchive(name))!);
    if (extname(name) !== ".o") return moduleOf(name, content);
    return { contents: `export default ${JSON.stringify(pathOf(collector, inArchive(name)))};`, loader: "js" } as const;
  };
  return importFrom(`${prefix}${manifest.entry}`, { resolve, load }, hostModules);
}

/**
 * A path for the object of a hook, valid as long as this process lives.
 * @param object as in the plan: relative to the collector, or what importing it gave
 */
export function packedObject(path: string, object: string): string {
  const collector = open(path);
  if ([...collector.inMemory.values()].some((file) => file.path === object)) return object;
  const name = posix.normalize(object);
  if (!collector.files.has(name)) throw faultyPlugin(path, `it has no ${object}`);
  return pathOf(collector, name);
}

function pathOf({ inMemory, files, manifest }: OpenedCollector, name: string): string {
  const file = inMemory.get(name) ?? new MemoryFile(`${manifest.name}/${name}`.slice(-200), files.get(name)!);
  inMemory.set(name, file);
  return file.path;
}
