/** Which probes a run wants: those of the person, of collectors, or the defaults; and what they mean in this kernel. */
import type { Collector, PlannedProbe } from "../api/collector.ts";
import { TraceError } from "../base/errors.ts";
import { log } from "../base/log.ts";
import type { CollectOptions } from "../cli/collect-options.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { hasKprobes } from "../libbpf/kprobe-link.ts";
import type { Prototype } from "../kernel/prototype.ts";
import { functionArguments } from "../probe/program-types.ts";
import type { Target, WantedProbe } from "../probe/probe-set.ts";
import { parseProbe, type ProbeSpec } from "../probe/probe-spec.ts";
import type { PlannedCollector } from "./collector-plans.ts";

/** Used when nothing but `auto` was asked for. */
const defaultProbes = ["tp:net:netif_receive_skb", "tp:net:net_dev_start_xmit"];
/** The same with `--probe-stack`: where packets end, so that their whole way is on the stack. */
const stackProbes = ["tp:skb:consume_skb", "tp:skb:kfree_skb"];

/** More of the way of received packets, for runs whose point is that way. */
const journeyProbes = ["kprobe:ip_rcv/optional", "kprobe:ipv6_rcv/optional"];

/**
 * What to probe when nobody said: nothing when collectors were named, as they know what they need; but a collector that
 * tells packets apart needs places where they pass.
 */
function defaultsOf(options: CollectOptions, planned: readonly PlannedCollector[]): readonly string[] {
  if (options.probes.length > 0) return [];
  if (options.choice.onlyAuto) return options.probeStack ? stackProbes : defaultProbes;
  if (!planned.some(({ plan }) => plan.tracking === true)) return [];
  return hasKprobes() ? [...defaultProbes, ...journeyProbes] : defaultProbes;
}

/** The probes of a run, as specs. @throws TraceError for one that cannot be parsed */
export function wantedProbes(options: CollectOptions, planned: readonly PlannedCollector[]): readonly WantedProbe[] {
  const defaults = defaultsOf(options, planned);
  if (defaults.length > 0) log.info(`No probe(s) given: using ${defaults.map((probe) => probe.replace("/optional", "")).join(", ")}`);
  const from = (origin: WantedProbe["origin"], probes: readonly (string | PlannedProbe)[]) =>
    probes.map((probe) => {
      const { probe: text, light = false } = typeof probe === "string" ? { probe } : probe;
      const stacks = light ? {} : { hiddenStack: options.probeStack };
      return { spec: withStack(parseProbe(text), options.stack && !light), origin, light, ...stacks };
    });
  return [
    ...from("default", defaults),
    ...from("user", options.probes),
    ...from(
      "collector",
      planned.flatMap(({ plan }) => plan.probes ?? []),
    ),
  ];
}

function withStack(spec: ProbeSpec, everywhere: boolean): ProbeSpec {
  return { ...spec, stack: spec.stack || everywhere };
}

/**
 * Parameters that a function probe can read. An argument passed by value that does not fit one register shifts all that
 * follow, so nothing behind one can be told by its position.
 */
export function registerParameters(types: readonly string[]): readonly string[] {
  const readable = types.slice(0, functionArguments());
  const byValue = readable.findIndex((type) => /^(struct|union) [^*]*$|^$|int128/.test(type));
  return byValue < 0 ? readable : readable.slice(0, byValue);
}

/** What a spec stands for in this kernel. @throws TraceError when that is nothing */
export function expandTargets(kernel: Kernel, spec: ProbeSpec): readonly Target[] {
  if (spec.type === "raw_tracepoint") {
    return kernel.tracepoints(spec.target).map(({ group, event, prototype }) => ({
      symbol: group === undefined ? event : `${group}:${event}`,
      parameters: prototype.parameters.map(({ type }) => type),
    }));
  }
  return kernel.functions(spec.target).map(({ name, prototype }) => functionTarget(name, prototype));
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

/** The target of a probe that tracks skb lifetimes; undefined when this kernel cannot probe it. */
export function findLifetimeProbe(
  kernel: Kernel,
  { type, symbol }: Pick<ProbeSpec, "type"> & { readonly symbol: string },
): Target | undefined {
  if (type !== "raw_tracepoint" && (!hasKprobes() || kernel.symbols.addressesHidden)) return undefined;
  try {
    return expandTargets(kernel, { type, target: symbol, stack: false, optional: true })[0];
  } catch (error) {
    if (error instanceof TraceError && error.code === "NO_PROBE_TARGET") return undefined;
    throw error;
  }
}

/** Argument types that some collector of the run can use. */
export function knownTypes(planned: readonly PlannedCollector[]): ReadonlySet<string> {
  return new Set(planned.flatMap(({ loaded: { collector } }) => typesOf(collector)));
}

/** Argument types that a collector can use wherever they are. */
export function typesOf({ kernelTypes = [], args = {} }: Collector): readonly string[] {
  return [
    ...kernelTypes,
    ...Object.values(args)
      .flat()
      .filter((type) => typeof type === "string"),
  ];
}
