/** Which probes of the running kernel make sense for a set of collectors, and what these would read there. */
import { noKprobes, nothingFits, TraceError } from "../base/errors.ts";
import { traceableFunctionsTaking } from "../kernel/functions-taking.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { nearNames } from "../base/near-names.ts";
import { tracepointText } from "../kernel/probe-targets.ts";
import type { Parameter, Prototype } from "../kernel/prototype.ts";
import { argumentPosition } from "./probe.ts";
import { parseProbe, probeKey, type ProbeType } from "./probe-spec.ts";
import { type ArgumentReader, registerParameters, typesOf } from "./targets.ts";

export interface UsableProbe {
  /** In canonical form, e.g. `tp:skb:kfree_skb`. */
  readonly probe: string;
  readonly type: ProbeType;
  readonly parameters: readonly Parameter[];
  /** `vmlinux`, or the module that it is in. */
  readonly source: string;
  /** Collectors that can read something there; none only for a probe that was requested by its exact name. */
  readonly readers: readonly Reader[];
}

export interface Reader {
  readonly collector: string;
  /** Positions of the parameters that it reads, from 0. */
  readonly reads: readonly number[];
}

/**
 * Probes that fit a pattern and that some collector can use, functions before tracepoints, each sorted. A pattern
 * without a colon is one for functions and for tracepoints of any group. An exact name is given back in any case.
 *
 * Functions are left out where the kernel cannot probe them.
 *
 * @throws TraceError NOTHING_FITS, with near names, when the kernel has nothing like that; NO_KPROBES when it has, but only
 * functions, which it cannot probe; INVALID_PROBE
 */
export function usableProbes(kernel: Kernel, collectors: readonly ArgumentReader[], pattern: string): readonly UsableProbe[] {
  const probes = probesThatFit(kernel, collectors, pattern);
  if (probes.length > 0) return probes;
  const wanted = splitPattern(pattern);
  const existing = wanted.filter(([type, target]) => exists(kernel, type, target));
  if (existing.length === 0) throw nothingFits(pattern, namesNear(kernel, wanted, collectors));
  if (!kernel.hasKprobes && existing.every(([type]) => type !== "raw_tracepoint")) throw noKprobes();
  return [];
}

/** As {@link usableProbes}, but that nothing fits is not an error and costs no search for near names. */
export function probesThatFit(kernel: Kernel, collectors: readonly ArgumentReader[], pattern: string): readonly UsableProbe[] {
  const types = new Set(collectors.flatMap(typesOf));
  const probeable = splitPattern(pattern).filter(([type]) => type === "raw_tracepoint" || kernel.hasKprobes);
  const found = probeable.flatMap(([type, target]) => find(kernel, type, target, types));
  const probes = found.map((one) => asUsable(collectors, one));
  const wanted = pattern.includes("*") ? probes.filter(({ readers }) => readers.length > 0) : probes;
  return wanted.map((probe) => (probe.type === "raw_tracepoint" ? withNames(kernel, probe) : probe));
}

/** A pattern as probe types with what each is to fit. */
function splitPattern(pattern: string): readonly (readonly [ProbeType, string])[] {
  if (!pattern.includes(":"))
    return [
      ["kprobe", pattern],
      ["raw_tracepoint", pattern],
    ];
  const { type, target } = parseProbe(pattern);
  return [[type, target]];
}

interface Found {
  readonly symbol: string;
  readonly type: ProbeType;
  readonly prototype: Prototype;
}

function find(kernel: Kernel, type: ProbeType, target: string, types: ReadonlySet<string>): readonly Found[] {
  if (type === "raw_tracepoint") {
    const tracepoints = orNone(() => kernel.tracepoints(target));
    return tracepoints.map((tracepoint) => ({ symbol: tracepointText(tracepoint), type, prototype: tracepoint.prototype }));
  }
  const functions = target.includes("*") ? traceableFunctionsTaking(kernel, target, types) : orNone(() => kernel.functions(target));
  return functions.map(({ name, prototype }) => ({ symbol: name, type, prototype }));
}

/** The targets, or none where there are none: a pattern without a colon need not fit both kinds. */
function orNone<T>(expand: () => readonly T[]): readonly T[] {
  try {
    return expand();
  } catch (error) {
    if (error instanceof TraceError && error.code === "NO_PROBE_TARGET") return [];
    throw error;
  }
}

/** Whether the kernel has a target at all, of use or not. */
function exists(kernel: Kernel, type: ProbeType, target: string): boolean {
  const targets = orNone<unknown>(() => (type === "raw_tracepoint" ? kernel.tracepoints(target) : kernel.functions(target)));
  return targets.length > 0;
}

function asUsable(collectors: readonly ArgumentReader[], { symbol, type, prototype: { parameters, source } }: Found): UsableProbe {
  const types = parameters.map((parameter) => parameter.type);
  const readable = type === "raw_tracepoint" ? types : registerParameters(types);
  const names = parameters.map((parameter) => parameter.name);
  const readers = collectors.map((collector) => ({ collector: collector.name, reads: positionsRead(collector, readable, names) }));
  return { probe: probeKey(type, symbol), type, parameters, source, readers: readers.filter(({ reads }) => reads.length > 0) };
}

/** The typedefs that describe tracepoints have no parameter names; the functions that call their probes do. */
function withNames(kernel: Kernel, tracepoint: UsableProbe): UsableProbe {
  const { probe, parameters } = tracepoint;
  if (parameters.some(({ name }) => name !== "")) return tracepoint;
  const event = probe.slice(probe.lastIndexOf(":") + 1);
  const named = kernel.prototype(`__traceiter_${event}`)?.parameters.slice(1) ?? [];
  return named.length === parameters.length ? { ...tracepoint, parameters: named } : tracepoint;
}

/** Of each argument that a collector reads, the first parameter that fits. */
function positionsRead(
  { kernelTypes = [], args = {} }: ArgumentReader,
  parameters: readonly string[],
  names: readonly string[],
): readonly number[] {
  const wanted = [...kernelTypes.map((type) => [type]), ...Object.values(args)];
  const positions = wanted.map((accepted) => argumentPosition(accepted, { parameters, names }));
  return [...new Set(positions)].filter((position) => position >= 0).sort((a, b) => a - b);
}

function namesNear(kernel: Kernel, wanted: ReturnType<typeof splitPattern>, collectors: readonly ArgumentReader[]): readonly string[] {
  const types = new Set(collectors.flatMap(typesOf));
  const near = wanted.flatMap(([type, target]) => {
    const bare = target.replaceAll("*", "");
    if (type !== "raw_tracepoint")
      return nearNames(
        bare,
        traceableFunctionsTaking(kernel, "*", types).map(({ name }) => name),
      );
    const tracepoints = kernel.tracepoints("*");
    return nearNames(
      bare,
      tracepoints.flatMap((tracepoint) => (bare.includes(":") ? tracepointText(tracepoint) : tracepoint.event)),
    );
  });
  return [...new Set(near)].slice(0, 3);
}
