/** The built-in collectors, in processing order: one import and one entry each. */
import type { Collector } from "../core/api/collector.ts";

export const builtInCollectors: readonly Collector[] = [];
