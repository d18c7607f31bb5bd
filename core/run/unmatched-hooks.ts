/** Hooks that would never run, because nothing of the run is probed where they are meant to. */
import { unusableHook } from "../base/errors.ts";
import type { SlottedHook } from "../probe/linked-hooks.ts";
import type { Probe } from "../probe/probe.ts";
import { probeKey } from "../probe/probe-spec.ts";
import type { ProbeRequest } from "../probe/probe-set.ts";

/**
 * @param requests all that were made, also of probes that cannot be attached now
 * @param probes those in the kernel that are attached
 * @throws TraceError HOOK for a third party's hook none of whose `at` names a probe of the run
 */
export function assertHooksMatch(hooks: readonly SlottedHook[], requests: readonly ProbeRequest[], probes: readonly Probe[]): void {
  const requested = requests.map(({ spec: { type, target } }) => probeKey(type, target));
  const keys = new Set([...requested, ...probes.map(({ type, symbol }) => probeKey(type, symbol))]);
  for (const { foreign, at, path } of hooks) {
    if (!foreign || at === "every-probe" || at.some((key) => keys.has(key) || isOfProgram(key))) continue;
    throw unusableHook(path, `nothing probes ${at.join(", ")}: a hook's at names probes of plan.probes, or of -p`);
  }
}

/** Probes in programs are compared with and without the program, where they are attached. */
function isOfProgram(key: string): boolean {
  return /^(usdt|uprobe):/.test(key);
}
