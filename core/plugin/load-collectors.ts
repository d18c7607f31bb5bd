/**
 * Built-in collectors and those of third parties, in processing order. Of a third party's collector only what it declares is known here,
 * found out by a process of its own; the collector itself is imported by `load`, for commands that run its code.
 */
import { basename } from "node:path";
import type { Collector } from "../api/collector.ts";
import type { LoadedCollector, SetupTrial } from "../api/loaded-collector.ts";
import { describeError, faultyPlugin, TraceError } from "../base/errors.ts";
import { isPrivileged } from "../base/privilege.ts";
import { assertTrustedDirectory, callerId } from "../base/trusted-directory.ts";
import { checkCollector, claimNames, type TakenNames } from "./check-collector.ts";
import { containedCollector } from "./contained-collector.ts";
import { describedCollector } from "./describe-collector.ts";
import { directoriesIn, namedDirectories, standardDirectories, type PluginDirectory } from "./find-directories.ts";
import { admit, callForeign, misdeed } from "./foreign-code.ts";
import { importCollector } from "./import-collector.ts";
import { resolveHooks } from "./resolve-hooks.ts";
import { type TrialLimits, setupTrial, type TrialResult, tryCollectors } from "./trial.ts";

/** Milliseconds until an import that waits for something is given up. */
const importMs = 10_000;

/** What third parties must not claim, and who hears of a collector that is left out. */
export interface PluginHost {
  readonly builtIn: readonly Collector[];
  /** Keys of the sections that core itself adds. */
  readonly coreSections: readonly string[];
  /** Long options that core itself has, with their dashes. */
  readonly coreFlags: readonly string[];
  /** Starts the process that imports collectors (`describeForParent`); paths of directories follow. */
  readonly trialCommand: readonly string[];
  readonly trialLimits?: TrialLimits;
  warn(message: string): void;
}

export interface PluginRequest {
  /** Directories of collectors, beside the standard ones. */
  readonly directories: readonly string[];
  /** Directories of single collectors. */
  readonly paths: readonly string[];
  /** Collectors requested by name: a faulty one of that directory name is an error, not a warning. */
  readonly names: readonly string[];
  /** Look at no more than it takes to find what was requested; the others are left alone. */
  readonly onlyRequested?: boolean;
  /** Say nothing of faulty collectors that were not requested. */
  readonly quiet?: boolean;
  /** The command's own output is not kept apart from what collectors write to stdout: it is a script's. */
  readonly sharesStdout?: boolean;
}

/**
 * Describes the collectors: built-in ones in their order, then third parties by name. A faulty third party is left out
 * with a warning; when it was requested by path or name its error is thrown.
 */
export async function loadCollectors(host: PluginHost, request: PluginRequest): Promise<readonly LoadedCollector[]> {
  const taken = namesOfCore(host);
  const found = directoriesOf(request);
  const first = request.onlyRequested ? found.filter((one) => isRequested(one, request)) : found;
  const loaded = await describeAll(first, host, request, taken);
  const isKnown = (name: string) => taken.collectors.has(name);
  // A collector may have another name than its directory.
  if (first.length < found.length && !request.names.every(isKnown)) {
    const others = found.filter((one) => !first.includes(one));
    loaded.push(...(await describeAll(others, host, request, taken)));
  }
  loaded.sort((a, b) => (a.collector.name < b.collector.name ? -1 : 1));
  return [...host.builtIn.map(asBuiltIn), ...loaded];
}

async function describeAll(
  directories: readonly PluginDirectory[],
  host: PluginHost,
  request: PluginRequest,
  taken: TakenNames,
): Promise<LoadedCollector[]> {
  const trusted = directories.map((directory) => distrust(directory));
  const paths = directories.filter((_, index) => trusted[index] === undefined).map(({ path }) => path);
  const tried = await tryCollectors(host.trialCommand, paths, host.trialLimits);
  const trySetups = setupTrial(host.trialCommand, host.trialLimits);
  const loaded: LoadedCollector[] = [];
  for (const [index, directory] of directories.entries()) {
    try {
      loaded.push(describedOf(directory, trusted[index] ?? tried[paths.indexOf(directory.path)]!, request, taken, trySetups));
    } catch (error) {
      if (isRequested(directory, request)) throw error;
      if (!request.quiet) host.warn(`${describeError(error)}; left out`);
    }
  }
  return loaded;
}

function isRequested({ path, source }: PluginDirectory, { names }: PluginRequest): boolean {
  return source === "path" || names.includes(basename(path));
}

/** Why code in the directory must not run with our privileges. */
function distrust({ path }: PluginDirectory): TraceError | undefined {
  try {
    if (isPrivileged()) assertTrustedDirectory(path, callerId());
    return undefined;
  } catch (error) {
    return error instanceof TraceError ? error : faultyPlugin(path, describeError(error));
  }
}

function describedOf(
  { path, source }: PluginDirectory,
  result: TrialResult,
  request: PluginRequest,
  taken: TakenNames,
  trySetups: SetupTrial,
): LoadedCollector {
  if (result instanceof TraceError) throw result;
  let imported: Promise<Collector> | undefined;
  const load = () => (imported ??= loadDirectory(path, request));
  const collector = describedCollector(result, load);
  claimNames(collector, path, taken);
  return { collector, directory: path, source, load: async () => ({ collector: await load(), directory: path, source, trySetups }) };
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

async function loadDirectory(directory: string, { sharesStdout }: PluginRequest): Promise<Collector> {
  const owner = { name: basename(directory), directory };
  admit(owner, { ownsStdout: !sharesStdout });
  const imported = await soonEnough(
    directory,
    callForeign(owner, () => importCollector(directory)),
  );
  const fault = misdeed();
  if (fault !== undefined) throw faultyPlugin(directory, fault);
  return resolveHooks(containedCollector(checkCollector(imported, directory), directory), directory);
}

/** It ended in time where it was tried; it may still do otherwise here. */
async function soonEnough<T>(directory: string, imported: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(faultyPlugin(directory, `its import did not end within ${importMs} ms`)), importMs);
  try {
    return await Promise.race([imported, late.promise]);
  } finally {
    clearTimeout(timer);
  }
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
