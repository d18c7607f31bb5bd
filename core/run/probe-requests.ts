/** Which probes a run requests: those of the user, of collectors, or the defaults. */
import type { PlannedProbe } from "../api/collector.ts";
import { log } from "../base/log.ts";
import { counted } from "../base/plural.ts";
import type { CollectOptions } from "../api/collect-options.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Probe } from "../probe/probe.ts";
import type { ProbeRequest } from "../probe/probe-set.ts";
import { functionsUnprobeable, typesOf } from "../probe/targets.ts";
import { parseProbe, type ProbeSpec } from "../probe/probe-spec.ts";
import type { PlannedCollector } from "./collector-plans.ts";

/** Used when nothing but `auto` was given. */
const defaultProbes = ["tp:net:netif_receive_skb", "tp:net:net_dev_start_xmit"];
/** The same with `--probe-stack`: where packets end, so that their whole way is on the stack. */
const stackProbes = ["tp:skb:consume_skb", "tp:skb:kfree_skb"];

/** More of the way of received packets, for runs whose point is that way. */
const receiveProbes = ["kprobe:ip_rcv/optional", "kprobe:ipv6_rcv/optional"];

/**
 * What to probe when nobody said: nothing when collectors were named, as they know what they need; but a collector that
 * distinguishes packets needs places where they pass.
 */
function defaultsOf(kernel: Kernel, options: CollectOptions, planned: readonly PlannedCollector[]): readonly string[] {
  if (options.probes.length > 0) return [];
  if (options.choice.onlyAuto) return options.probeStack ? stackProbes : defaultProbes;
  if (!planned.some(({ plan }) => plan.tracking === true)) return [];
  return functionsUnprobeable(kernel) ? defaultProbes : [...defaultProbes, ...receiveProbes];
}

/** The probes of a run, as specs. @throws TraceError for one that cannot be parsed */
export function probeRequests(kernel: Kernel, options: CollectOptions, planned: readonly PlannedCollector[]): readonly ProbeRequest[] {
  const defaults = defaultsOf(kernel, options, planned);
  if (defaults.length > 0) log.info(`No probe given: using ${defaults.map((probe) => probe.replace("/optional", "")).join(", ")}`);
  const from = (origin: ProbeRequest["origin"], probes: readonly (string | PlannedProbe)[]) =>
    probes.map((probe) => {
      const { probe: text, light = false, value } = typeof probe === "string" ? { probe, value: undefined } : probe;
      const stacks = light ? {} : { hiddenStack: options.probeStack };
      return { spec: withStack(parseProbe(text), options.stack && !light), origin, light, value, ...stacks };
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

/**
 * Leaves out functions where none can be probed, and says so in one line.
 * @throws TraceError when that leaves nothing of what the user requested, or nothing at all
 */
export function withoutUnprobeable(kernel: Kernel, requests: readonly ProbeRequest[]): readonly ProbeRequest[] {
  const isFunction = ({ spec: { type } }: ProbeRequest) => type === "kprobe" || type === "kretprobe";
  const functions = requests.filter(isFunction);
  const error = functions.length === 0 ? undefined : functionsUnprobeable(kernel);
  if (!error) return requests;
  const left = requests.filter((request) => !isFunction(request));
  const required = functions.filter(({ spec }) => !spec.optional);
  const isUsers = ({ origin }: ProbeRequest) => origin === "user";
  if (left.length === 0 || (required.some(isUsers) && !left.some(isUsers))) throw error;
  const level = required.length > 0 ? "warn" : "info";
  log[level](`${error.message}; left out ${counted(functions.length, "function probe")}`);
  return left;
}

function withStack(spec: ProbeSpec, everywhere: boolean): ProbeSpec {
  return { ...spec, stack: spec.stack || everywhere };
}

/** Argument types that some collector of the run can use; one that only accompanies others does not count. */
export function knownTypes(planned: readonly PlannedCollector[]): ReadonlySet<string> {
  return new Set(planned.filter(({ companion }) => !companion).flatMap(({ loaded: { collector } }) => typesOf(collector)));
}

/** With a filter, says of which probes that the user named there is no packet that could pass it. @param skbTypes of arguments that lead to a packet */
export function warnWithoutPacket(probes: readonly Probe[], skbTypes: ReadonlySet<string>): void {
  const named = probes.filter(({ requested, byPattern, light }) => requested && !byPattern && !light);
  const without = named.filter(({ parameters }) => !parameters.some((type) => skbTypes.has(type)));
  if (without.length === 0) return;
  const symbols = without.map(({ symbol }) => symbol).join(", ");
  log.warn(`No packet at ${symbols}: with a filter, events are reported there only while the thread works on a packet that passes`);
}
