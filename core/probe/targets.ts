/** What the target of a probe is in the running kernel, and what a program attached there can read. */
import type { Collector } from "../api/collector.ts";
import { addressesHidden, noKprobes, TraceError } from "../base/errors.ts";
import { functionsTaking } from "../kernel/functions-taking.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Prototype } from "../kernel/prototype.ts";
import { functionArguments } from "./program-types.ts";
import type { Target } from "./probe-set.ts";
import type { ProbeSpec } from "./probe-spec.ts";

/**
 * Parameters that a function probe can read. An argument passed by value that does not fit one register shifts all that
 * follow, so nothing after one has a known position.
 */
export function registerParameters(types: readonly string[]): readonly string[] {
  const readable = types.slice(0, functionArguments());
  const byValue = readable.findIndex((type) => /^(struct|union) [^*]*$|^$|int128/.test(type));
  return byValue < 0 ? readable : readable.slice(0, byValue);
}

/**
 * What a spec matches in this kernel.
 * @param types when given, functions of a pattern without a parameter of one of these types may be left out
 * @throws TraceError when that is nothing
 */
export function expandTargets(kernel: Kernel, spec: ProbeSpec, types?: ReadonlySet<string>): readonly Target[] {
  if (spec.type === "raw_tracepoint") {
    return kernel.tracepoints(spec.target).map(({ group, event, prototype }) => ({
      symbol: group === undefined ? event : `${group}:${event}`,
      parameters: prototype.parameters.map(({ type }) => type),
    }));
  }
  const taking = types !== undefined && spec.target.includes("*") ? functionsTaking(kernel, spec.target, types) : [];
  const functions = taking.length > 0 ? taking : kernel.functions(spec.target);
  return functions.map(({ name, prototype }) => functionTarget(name, prototype));
}

function functionTarget(symbol: string, { parameters }: Prototype): Target {
  const readable = registerParameters(parameters.map(({ type }) => type));
  return { symbol, parameters: readable, names: parameters.slice(0, readable.length).map(({ name }) => name) };
}

/** The function of this name as a target; undefined when BTF does not describe it or tracefs does not list it. */
export function findFunction(kernel: Kernel, name: string): Target | undefined {
  const prototype = kernel.prototype(name);
  return prototype && functionTarget(name, prototype);
}

/** Why no function at all can be probed; undefined when functions can. */
export function functionsUnprobeable(kernel: Kernel): TraceError | undefined {
  if (!kernel.hasKprobes) return noKprobes();
  return kernel.addressesHidden ? addressesHidden() : undefined;
}

/** The target of a probe that tracks skb lifetimes; undefined when this kernel cannot probe it. */
export function findLifetimeProbe(
  kernel: Kernel,
  { type, symbol }: Pick<ProbeSpec, "type"> & { readonly symbol: string },
): Target | undefined {
  if (type !== "raw_tracepoint" && functionsUnprobeable(kernel)) return undefined;
  try {
    return expandTargets(kernel, { type, target: symbol, stack: false, optional: true })[0];
  } catch (error) {
    if (error instanceof TraceError && error.code === "NO_PROBE_TARGET") return undefined;
    throw error;
  }
}

/** Why none of what a spec matches can be probed in this kernel; undefined when something of it can. */
export function whyUnprobeableInKernel(kernel: Kernel, spec: ProbeSpec): string | undefined {
  if (spec.type !== "raw_tracepoint") {
    if (!kernel.hasKprobes) return "this kernel cannot probe functions (CONFIG_KPROBES)";
    if (kernel.addressesHidden) return "addresses of functions are hidden (kernel.kptr_restrict)";
  }
  try {
    const targets = expandTargets(kernel, spec);
    if (spec.type === "raw_tracepoint" || targets.some(({ symbol }) => kernel.symbols.addressesOf(symbol).length > 0)) return undefined;
    return `the kernel has no function ${spec.target} of its own: it is inlined, or has another name`;
  } catch (error) {
    if (error instanceof TraceError && error.code === "NO_PROBE_TARGET") return error.message;
    throw error;
  }
}

/** A collector as far as it matters where it can read something. */
export type ArgumentReader = Pick<Collector, "name" | "kernelTypes" | "args">;

/** Argument types that a collector can use wherever they are. */
export function typesOf({ kernelTypes = [], args = {} }: Pick<Collector, "kernelTypes" | "args">): readonly string[] {
  return [
    ...kernelTypes,
    ...Object.values(args)
      .flat()
      .filter((type) => typeof type === "string"),
  ];
}
