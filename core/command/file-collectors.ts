/** Which third-party collectors a command on event files needs: those whose sections are in the files. The others are not imported. */
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import type { Collector } from "../api/collector.ts";
import { type LoadedCollector, readyCollectors } from "../api/loaded-collector.ts";
import { describeError } from "../base/errors.ts";
import { log } from "../base/log.ts";
import type { CollectorRequest, CommandContext } from "../cli/cli-command.ts";
import { selectCollectors } from "../cli/select-collectors.ts";
import { coreSections } from "../event/core-sections.ts";
import { openEventFile } from "../file/reader.ts";
import { isRegularFile, resolveInput } from "../file/rotation.ts";

/** Bytes that are searched at once. */
const chunkBytes = 1 << 20;

/**
 * The built-in collectors, those of third parties that declare a section of the files, and those that are requested by name or
 * path, ready to run.
 *
 * @param inputs INPUT arguments of the command
 * @param others names of collectors whose sinks are wanted: given too, as all with sinks, but not made ready
 * @throws TraceError `UNKNOWN_COLLECTOR`, and what is wrong with one that is requested
 */
export async function collectorsOfFiles(
  context: CommandContext,
  request: CollectorRequest,
  inputs: readonly (string | undefined)[],
  others: readonly string[] = [],
): Promise<readonly LoadedCollector[]> {
  const names = [...request.names, ...others];
  const first = await context.loadCollectors({ ...request, names, onlyRequested: true, quiet: true });
  const known = new Set([...coreSections, ...first.flatMap(({ collector }) => collector.sections)].map(({ key }) => key));
  const declared = inputs.map((input) => declaredSections(resolveInput(input).path));
  const enough = areFound(names, first) && declared.every((keys) => keys?.every((key) => known.has(key)));
  // Where a file does not say what is in it, nothing may come of a fault.
  const loaded = enough ? first : await context.loadCollectors({ ...request, names, quiet: declared.includes(undefined) });
  const requested = requestedOf(loaded, request);
  const wanted = (key: string) =>
    inputs.some((input, index) => declared[index]?.includes(key) ?? mayContain(resolveInput(input).path, `"${key}":`));
  const needed = loaded.filter(
    (one) => one.load === undefined || requested.includes(one) || one.collector.sections.some(({ key }) => wanted(key)),
  );
  const ready = await readyCollectors(needed, (one, error) => {
    if (requested.includes(one)) throw error;
    log.warn(`${describeError(error)}; left out`);
  });
  const isOther = ({ collector: { name, sink } }: LoadedCollector) => others.length > 0 && (others.includes(name) || sink !== undefined);
  return [...ready, ...loaded.filter((one) => isOther(one) && !needed.includes(one))];
}

/** The built-in collectors, and those that are requested, ready to run, for a command that needs no others. @throws as {@link collectorsOfFiles} */
export async function usedCollectors(context: CommandContext, request: CollectorRequest): Promise<readonly Collector[]> {
  const loaded = await context.loadCollectors({ ...request, onlyRequested: true, quiet: true });
  const requested = requestedOf(loaded, request);
  const needed = loaded.filter((one) => one.load === undefined || requested.includes(one));
  const ready = await readyCollectors(needed, (_, error) => {
    throw error;
  });
  return ready.map(({ collector }) => collector);
}

/** Those that act on the events of files: the built-in ones, and others only where the user names them. */
export function actingCollectors(ready: readonly LoadedCollector[], { names }: Pick<CollectorRequest, "names">): readonly Collector[] {
  return ready
    .filter(({ collector, source }) => source !== "directory" || names.includes(collector.name))
    .map(({ collector }) => collector);
}

function areFound(names: readonly string[], loaded: readonly LoadedCollector[]): boolean {
  return names.every((name) => loaded.some(({ collector }) => collector.name === name));
}

/** @throws TraceError `UNKNOWN_COLLECTOR` */
function requestedOf(loaded: readonly LoadedCollector[], { names, paths }: CollectorRequest): readonly LoadedCollector[] {
  return names.length + paths.length === 0 ? [] : selectCollectors([...names, ...paths], loaded).tried;
}

/** Keys of the sections that the header of a file declares; undefined when that cannot be known. */
function declaredSections(path: string): readonly string[] | undefined {
  if (path !== "-" && !existsSync(path)) return [];
  if (!isRegularFile(path)) return undefined;
  try {
    const reader = openEventFile(path, { follow: false });
    try {
      const { properties } = Object(reader.header.schema) as { readonly properties?: unknown };
      return typeof properties === "object" && properties !== null ? Object.keys(properties) : undefined;
    } finally {
      reader.close();
    }
  } catch {
    return []; // The command says what is wrong with it.
  }
}

/** Whether the bytes of a text may be in a file: true also for what cannot be searched. */
function mayContain(path: string, text: string): boolean {
  if (!isRegularFile(path)) return true;
  const file = openSync(path, "r");
  try {
    const chunk = Buffer.alloc(chunkBytes);
    let kept = 0;
    for (let first = true; ; first = false) {
      const read = readSync(file, chunk, kept, chunkBytes - kept, null);
      if (read === 0) return false;
      // Compressed, or not JSON.
      if (first && chunk[0] !== 0x7b && chunk[0] !== 0x5b) return true;
      const filled = kept + read;
      if (chunk.subarray(0, filled).includes(text)) return true;
      kept = Math.min(filled, text.length);
      chunk.copyWithin(0, filled - kept, filled);
    }
  } finally {
    closeSync(file);
  }
}
