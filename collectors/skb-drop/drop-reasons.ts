import type { KernelFacts, Lookup } from "../../core/api/collector.ts";

/** What the hook reports where the kernel has no drop reasons (they came with 5.17). */
const withoutReasons = "NOT_SPECIFIED";

/** Lookups `reason` and `subsys` of the section, by raw value; values without a name are shown as numbers. */
export function dropReasons(kernel: KernelFacts): { readonly reason: Lookup; readonly subsys: Lookup } {
  return {
    subsys(value) {
      if (value < 0) return undefined;
      const { subsystem = String(value >>> 16) } = kernel.dropReason(value);
      return subsystem === "core" ? undefined : subsystem;
    },
    reason(value) {
      return value < 0 ? withoutReasons : (kernel.dropReason(value).name ?? String(value));
    },
  };
}
