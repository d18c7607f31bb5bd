/** The probes of one run: from specs to distinct probes, each with the hooks that run at it. */
import { probeValuesDiffer, TraceError } from "../base/errors.ts";
import { log } from "../base/log.ts";
import { type SlottedHook, hookMask } from "./linked-hooks.ts";
import type { Probe } from "./probe.ts";
import { type ProbeSpec, probeKey } from "./probe-spec.ts";

/** A target of this kernel that a spec matches. */
export interface Target {
  readonly symbol: string;
  readonly parameters: readonly string[];
  /** Names of the parameters, where the kernel keeps them. */
  readonly names?: readonly string[];
}

/**
 * Finds the targets of a spec, of a pattern at least those with a parameter of one of these types, when any are given.
 * @throws TraceError when there is none
 */
export type ExpandTargets = (spec: ProbeSpec, types?: ReadonlySet<string>) => readonly Target[];

/** A probe that a run requests. Those of the user are kept only where a collector can read one of the arguments, or the probe has fields. */
export interface ProbeRequest {
  readonly spec: ProbeSpec;
  /** Take stacks that are not shown. */
  readonly hiddenStack?: boolean;
  /** See `PlannedProbe` of the contract. */
  readonly light?: boolean;
  /** See `PlannedProbe` of the contract. */
  readonly value?: number | undefined;
  readonly origin: "user" | "default" | "collector";
}

/**
 * Expands, merges probes that are requested more than once, and numbers them.
 * @param knownTypes argument types that some collector of this run understands
 */
export function buildProbes(
  requests: readonly ProbeRequest[],
  expand: ExpandTargets,
  knownTypes: ReadonlySet<string>,
  hooks: readonly SlottedHook[],
): readonly Probe[] {
  const probes = new Map<string, Probe>();
  for (const { spec, origin, hiddenStack = false, light = false, value } of requests) {
    const mustBeUseful = origin === "user" && spec.fields === undefined;
    const expandUseful = () => expand(spec, mustBeUseful ? knownTypes : undefined);
    const targets = spec.optional ? targetsIfAny(expandUseful, spec) : expandUseful();
    const useful = mustBeUseful ? targets.filter(({ parameters }) => parameters.some((type) => knownTypes.has(type))) : targets;
    if (useful.length < targets.length) reportUseless(spec, targets, useful.length);
    const byPattern = spec.target.includes("*");
    for (const { symbol, parameters, names = [] } of useful) {
      const key = probeKey(spec.type, symbol);
      const known = probes.get(key);
      if (known) {
        probes.set(key, {
          ...known,
          requested: known.requested || origin === "user",
          byPattern: known.byPattern === true && byPattern,
          stack: known.stack || spec.stack,
          showStack: known.showStack || spec.stack,
          light: known.light === true && light,
          ...sharedValue(key, known.value, value),
        });
        continue;
      }
      probes.set(key, {
        id: probes.size,
        type: spec.type,
        symbol,
        parameters,
        names,
        hooks: 0,
        contextHooks: 0,
        light,
        requested: origin === "user",
        byPattern,
        stack: spec.stack || hiddenStack,
        showStack: spec.stack,
        ...sharedValue(key, undefined, value),
      });
    }
  }
  return [...probes].map(([key, probe]) => ({ ...probe, ...hooksOf(probe, key, hooks) }));
}

/** The number that hooks find at a probe. @throws TraceError when two plans give it different ones */
export function sharedValue(key: string, known: number | undefined, wanted: number | undefined): { readonly value?: number } {
  if (known !== undefined && wanted !== undefined && known !== wanted) throw probeValuesDiffer(key, known, wanted);
  const value = wanted ?? known;
  return value === undefined ? {} : { value };
}

/** Which hooks run at a probe: at a light one those that name it. */
function hooksOf({ light }: Probe, key: string, hooks: readonly SlottedHook[]): Pick<Probe, "hooks" | "contextHooks"> {
  const wanted = light ? hooks.filter(({ at }) => at !== "every-probe") : hooks;
  return { hooks: hookMask(wanted, "hook", key), contextHooks: light ? 0 : hookMask(wanted, "context-hook", key) };
}

/** The targets of an optional probe; says so when there are none. */
function targetsIfAny(expand: () => readonly Target[], spec: ProbeSpec): readonly Target[] {
  try {
    return expand();
  } catch (error) {
    if (!(error instanceof TraceError && error.code === "NO_PROBE_TARGET")) throw error;
    log.info(`Skipping probe ${spec.target}: not available on this kernel`);
    return [];
  }
}

/** Says which targets of a probe of the user are skipped; of a pattern only how many. */
function reportUseless({ target }: ProbeSpec, targets: readonly Target[], useful: number): void {
  const left = targets.length - useful;
  if (left === 1 && targets[0])
    log.info(`Skipping ${targets.length === 1 ? targets[0].symbol : `one target of ${target}`}: no collector can read its arguments`);
  else log.info(`Skipping ${left} of ${targets.length} targets of ${target}: no collector can read their arguments`);
}
