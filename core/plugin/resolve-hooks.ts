import { resolve } from "node:path";
import type { Collector, Hook } from "../api/collector.ts";
import { unsafePlugin } from "../base/errors.ts";
import { isPrivileged } from "../base/privilege.ts";
import { isWithin } from "../base/trusted-directory.ts";
import { isPacked } from "./find-directories.ts";
import { packedObject } from "./packed-modules.ts";

/**
 * The collector with its hooks' objects as absolute paths: relative ones are meant from its directory. With privileges
 * `setup` throws UNSAFE_PLUGIN for an object elsewhere, as only its directory was checked.
 */
export function resolveHooks(collector: Collector, directory: string): Collector {
  const objectOf = (object: string) => {
    if (isPacked(directory)) return packedObject(directory, object);
    const path = resolve(directory, object);
    if (isWithin(directory, path) || !isPrivileged()) return path;
    throw unsafePlugin(directory, `its hook ${path} is outside this directory`, "Copy the hook into the directory");
  };
  return {
    ...collector,
    setup(host, options) {
      const plan = collector.setup.call(this, host, options);
      // Whether it is a plan is checked when it is used.
      if (!Array.isArray(Object(plan).hooks)) return plan;
      const resolved = (hook: unknown) =>
        typeof Object(hook).object === "string" ? { ...(hook as Hook), object: objectOf((hook as Hook).object) } : hook;
      return { ...plan, hooks: plan.hooks.map((hook) => resolved(hook) as Hook) };
    },
  };
}
