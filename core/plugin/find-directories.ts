/** Where third-party collectors are looked for. */
import { existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { basename, isAbsolute, join, resolve } from "node:path";
import { faultyPlugin, reasonOf } from "../base/errors.ts";
import { packedEnding } from "../packed/packed-ending.ts";

/** File that makes a directory a collector. */
export const entryFile = "collector.ts";

/** A directory, or a file of `retis collector pack`. */
export interface PluginDirectory {
  /** Absolute, symbolic links resolved. */
  readonly path: string;
  readonly source: "directory" | "path";
}

/** The directories searched when nothing else is said. The working directory is never one of them. */
export function standardDirectories(home: string | undefined): readonly string[] {
  const own = home !== undefined && isAbsolute(home) ? [join(home, ".config/retis/collectors")] : [];
  return ["/usr/share/retis/collectors", ...own];
}

/** Directories of single collectors named by their paths. Throws FAULTY_PLUGIN for one that is not there. */
export function namedDirectories(paths: readonly string[]): readonly PluginDirectory[] {
  return paths.map((path) => {
    if (isPacked(path)) return { path: realpathSync(path), source: "path" };
    const directory = basename(path) === entryFile ? resolve(path, "..") : resolve(path);
    if (!existsSync(join(directory, entryFile))) {
      throw faultyPlugin(path, `it has no ${entryFile}`, { hint: "Name the directory of the collector, e.g. -c ./my-collector" });
    }
    return { path: realpathSync(directory), source: "path" };
  });
}

/**
 * Directories of collectors in directories, by name within each directory.
 *
 * @param mustExist a directory that cannot be read is an error (one the user named) instead of empty
 */
export function directoriesIn(directories: readonly string[], mustExist: boolean): readonly PluginDirectory[] {
  return directories.flatMap((directory) => {
    const path = resolve(directory);
    return listNames(path, mustExist)
      .map((name) => join(path, name))
      .filter((found) => isPacked(found) || existsSync(join(found, entryFile)))
      .map((directory) => ({ path: realpathSync(directory), source: "directory" as const }));
  });
}

/** Whether a collector is a packed file. */
export function isPacked(path: string): boolean {
  return path.endsWith(packedEnding) && (statSync(path, { throwIfNoEntry: false })?.isFile() ?? false);
}

function listNames(directory: string, mustExist: boolean): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    if (!mustExist) return [];
    throw faultyPlugin(directory, `the directory cannot be read: ${reasonOf(error)}`);
  }
}
