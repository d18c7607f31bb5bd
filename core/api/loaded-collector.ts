/** A collector together with where it came from; the only file of core/plugin that every other area may name. */
import type { Collector } from "./collector.ts";

/** A third party's collector whose `check` and `setup` are to be tried. */
export interface SetupRequest {
  readonly directory: string;
  /** Values of its options. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** What the host that it gets is made of. */
export interface SetupFacts {
  /** As `KernelOptions`. */
  readonly kernel: { readonly kconf?: string; readonly tracefsDirs?: readonly string[] };
  readonly systemChangesAllowed: boolean;
}

/**
 * Calls `check` and `setup` in a process of its own, each with a time limit.
 * @param signal ends the trial
 * @returns by directory what those did that cannot be used: they do not return, or end the process
 */
export type SetupTrial = (
  requests: readonly SetupRequest[],
  facts: SetupFacts,
  signal: AbortSignal,
) => Promise<ReadonlyMap<string, string>>;

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
  /** The same for all collectors of third parties, which one process tries. */
  readonly trySetups?: SetupTrial;
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
