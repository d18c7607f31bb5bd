/** A collector together with where it came from; the only file of core/plugin that every other area may name. */
import type { Collector } from "./collector.ts";

export interface LoadedCollector {
  /** As declared, except that a third party's hook objects are absolute paths. */
  readonly collector: Collector;
  /** Absolute path of a third party's directory; undefined for a built-in collector. */
  readonly directory: string | undefined;
  /**
   * `"built-in"`; `"directory"`: found in one of the collector directories; `"path"`: named by its path with `-c`, so
   * that a fault in it ends the program instead of a warning.
   */
  readonly source: "built-in" | "directory" | "path";
  /**
   * Of a third party's collector that is only described, which has none of its functions: imports it. Throws FAULTY_PLUGIN, UNSAFE_PLUGIN.
   */
  readonly load?: () => Promise<LoadedCollector>;
}

/**
 * The same collectors, ready to run: those of third parties are imported into this process.
 *
 * @param failed called for one that cannot be imported, which is left out; may throw
 */
export async function readyCollectors(
  loaded: readonly LoadedCollector[],
  failed: (loaded: LoadedCollector, error: unknown) => void,
): Promise<readonly LoadedCollector[]> {
  const ready: LoadedCollector[] = [];
  for (const one of loaded) {
    try {
      ready.push(one.load === undefined ? one : await one.load());
    } catch (error) {
      failed(one, error);
    }
  }
  return ready;
}
