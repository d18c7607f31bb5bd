/** Built-in collectors and those of third parties, checked, in processing order. Describes only: nothing is set up. */
import { basename } from "node:path";
import type { Collector } from "../api/collector.ts";
import { describeError } from "../base/errors.ts";
import { checkCollector, claimNames, type TakenNames } from "./check-collector.ts";
import { directoriesIn, namedDirectories, standardDirectories, type PluginDirectory } from "./find-directories.ts";
import { importCollector } from "./import-collector.ts";
import type { LoadedCollector } from "../api/loaded-collector.ts";
import { isPrivileged } from "../base/privilege.ts";
import { resolveHooks } from "./resolve-hooks.ts";
import { assertTrustedDirectory, callerId } from "../base/trusted-directory.ts";

/** What third parties must not claim, and who hears of a collector that is left out. */
export interface PluginHost {
  readonly builtIn: readonly Collector[];
  /** Keys of the sections that core itself adds. */
  readonly coreSections: readonly string[];
  /** Long options that core itself has, with their dashes. */
  readonly coreFlags: readonly string[];
  warn(message: string): void;
}

export interface PluginRequest {
  /** Directories of collectors, beside the standard ones. */
  readonly directories: readonly string[];
  /** Directories of single collectors. */
  readonly paths: readonly string[];
  /** Collectors requested by name: a faulty one of that directory name is an error, not a warning. */
  readonly names: readonly string[];
}

/**
 * Loads the collectors: built-in ones in their order, then third parties by name. A faulty third party is left out
 * with a warning; when it was requested by path or name its error is thrown.
 */
export async function loadCollectors(host: PluginHost, request: PluginRequest): Promise<readonly LoadedCollector[]> {
  const taken = namesOfCore(host);
  const loaded: LoadedCollector[] = [];
  for (const directory of directoriesOf(request)) {
    try {
      const collector = await loadDirectory(directory.path);
      claimNames(collector, directory.path, taken);
      loaded.push({ collector, directory: directory.path, source: directory.source });
    } catch (error) {
      if (directory.source === "path" || request.names.includes(basename(directory.path))) throw error;
      host.warn(`${describeError(error)}; left out`);
    }
  }
  loaded.sort((a, b) => (a.collector.name < b.collector.name ? -1 : 1));
  return [...host.builtIn.map(asBuiltIn), ...loaded];
}

/** Named paths first, so that they win over a copy of the same collector in a directory. */
function directoriesOf({ directories, paths }: PluginRequest): readonly PluginDirectory[] {
  const found = [
    ...namedDirectories(paths),
    ...directoriesIn(directories, true),
    ...directoriesIn(standardDirectories(process.env["HOME"]), false),
  ];
  return found.filter((directory, index) => found.findIndex((other) => other.path === directory.path) === index);
}

async function loadDirectory(directory: string): Promise<Collector> {
  if (isPrivileged()) assertTrustedDirectory(directory, callerId());
  return resolveHooks(checkCollector(await importCollector(directory), directory), directory);
}

function namesOfCore(host: PluginHost): TakenNames {
  const owned = (names: readonly string[]) => new Map(names.map((name) => [name, "retis itself"]));
  const taken = { collectors: new Map<string, string>(), sections: owned(host.coreSections), flags: owned(host.coreFlags) };
  for (const collector of host.builtIn) claimNames(collector, `the built-in collector "${collector.name}"`, taken);
  return taken;
}

function asBuiltIn(collector: Collector): LoadedCollector {
  return { collector, directory: undefined, source: "built-in" };
}
