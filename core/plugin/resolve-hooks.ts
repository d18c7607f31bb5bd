import { resolve } from "node:path";
import type { Collector } from "../api/collector.ts";

/** The collector with its hooks' objects as absolute paths: relative ones are meant from its directory. */
export function resolveHooks(collector: Collector, directory: string): Collector {
  return {
    ...collector,
    setup(host, options) {
      const plan = collector.setup.call(this, host, options);
      return { ...plan, hooks: plan.hooks.map((hook) => ({ ...hook, object: resolve(directory, hook.object) })) };
    },
  };
}
