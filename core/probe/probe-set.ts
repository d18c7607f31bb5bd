/** The probes of one run: from specs to distinct probes, each with the hooks that run at it. */
import { log } from "../base/log.ts";
import { type SlottedHook, hookMask } from "./linked-hooks.ts";
import type { Probe } from "./probe.ts";
import { type ProbeSpec, probeKey } from "./probe-spec.ts";

/** A target of this kernel that a spec stands for. */
export interface Target {
  readonly symbol: string;
  readonly parameters: readonly string[];
}

/** Finds the targets of a spec. @throws TraceError when there is none */
export type ExpandTargets = (spec: ProbeSpec) => readonly Target[];

/** Where a probe comes from: a person's are kept only when a collector can read one of their arguments. */
export interface WantedProbe {
  readonly spec: ProbeSpec;
  readonly origin: "user" | "default" | "collector";
}

/**
 * Expands, merges probes that are wanted more than once, and numbers them.
 * @param knownTypes argument types that some collector of this run understands
 */
export function buildProbes(
  wanted: readonly WantedProbe[],
  expand: ExpandTargets,
  knownTypes: ReadonlySet<string>,
  hooks: readonly SlottedHook[],
): readonly Probe[] {
  const probes = new Map<string, Probe>();
  for (const { spec, origin } of wanted) {
    for (const { symbol, parameters } of expand(spec)) {
      const key = probeKey(spec.type, symbol);
      if (probes.has(key)) continue;
      if (origin === "user" && !parameters.some((type) => knownTypes.has(type))) {
        log.info(`No probe was attached to ${symbol} as no collector can read its arguments`);
        continue;
      }
      probes.set(key, {
        id: probes.size,
        type: spec.type,
        symbol,
        parameters,
        hooks: hookMask(hooks, "hook", key),
        contextHooks: hookMask(hooks, "context-hook", key),
        asked: origin === "user",
      });
    }
  }
  return [...probes.values()];
}
