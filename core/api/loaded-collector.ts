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
}
