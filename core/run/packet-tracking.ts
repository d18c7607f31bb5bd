/**
 * Whether a run tracks packets, and what that takes: probes where the kernel frees or replaces a packet's data, and entries
 * in tables. A run tracks packets when a collector reports their identity, or when a packet that passed the filters at one
 * probe must pass at the next one even if its headers have changed in between.
 */
import { log } from "../base/log.ts";
import {
  freeProbes,
  furtherLifetimeProbes,
  type LifetimeProbe,
  lifetimeFlags,
  beforeEndTracepoints,
  endTracepoints,
} from "../probe/skb-lifetime.ts";
import type { GlobalData } from "../probe/global-data.ts";
import type { Probe } from "../probe/probe.ts";
import type { Target } from "../probe/probe-set.ts";
import { probeKey } from "../probe/probe-spec.ts";

/** Entries of the table of stacks, each with the packet that its code works on. */
const stackEntries = 8192;

export interface TrackingRequest {
  /** Probes of the run that emit events, numbered from 0. */
  readonly probes: readonly Probe[];
  /** Some collector reports the identity of packets. */
  readonly identityWanted: boolean;
  readonly filtered: boolean;
  /** Types of arguments that are an skb, or through which a collector finds one. */
  readonly skbTypes: ReadonlySet<string>;
  /** Function probes may be added while running. */
  readonly growing: boolean;
  /** `--tracking-size`. */
  readonly entries: number;
  /** The target in this kernel, when it can be probed there. */
  readonly find: (probe: Pick<LifetimeProbe, "type" | "symbol">) => Target | undefined;
  /** Bytes of a kernel stack. */
  readonly stackSize: () => number;
}

/** What packet tracking adds to a run. */
export interface PacketTracking {
  readonly active: boolean;
  /** All probes of the run, those that only track packets last. */
  readonly probes: readonly Probe[];
  /** Sizes of maps, by name. */
  readonly mapSizes: Readonly<Record<string, number>>;
  /** Sets the constants of a program; before load. */
  readonly configure: (data: GlobalData) => void;
}

/** Whether packets end at this probe or right after it: no other probe sees them again. */
function isEnd({ type, symbol }: Probe): boolean {
  return type === "raw_tracepoint" && (endTracepoints.includes(symbol) || beforeEndTracepoints.includes(symbol));
}

function isActive({ probes, identityWanted, filtered, growing }: TrackingRequest): boolean {
  return identityWanted || (filtered && (growing || !probes.every((probe) => probe.light === true || isEnd(probe))));
}

/** The first set of probes of which the kernel has all. */
function chooseFreeProbes(find: TrackingRequest["find"]): readonly LifetimeProbe[] {
  const chosen = freeProbes.find((set) => set.every((probe) => find(probe))) ?? [];
  if (chosen.length === 0) log.warn("Cannot see when skb data is freed on this kernel: two packets may get the same id");
  return chosen;
}

function chooseLifetimeProbes(find: TrackingRequest["find"]): readonly LifetimeProbe[] {
  const further = furtherLifetimeProbes.filter((probe) => {
    const found = find(probe) !== undefined;
    if (!found && probe.missing) log.info(`${probe.symbol} cannot be probed on this kernel: ${probe.missing}`);
    return found;
  });
  return [...chooseFreeProbes(find), ...further];
}

/** Puts the flags on the run's probes and adds those that only track packets. */
function withLifetimeProbes(request: TrackingRequest): readonly Probe[] {
  const { probes, growing, find } = request;
  const wanted = new Map(chooseLifetimeProbes(find).map((probe) => [probeKey(probe.type, probe.symbol), probe]));
  const emitsDeeper = growing || probes.some(({ type }) => type !== "raw_tracepoint");
  const flagged = probes.map((probe) => {
    const key = probeKey(probe.type, probe.symbol);
    const own = wanted.get(key)?.lifetime ?? [];
    wanted.delete(key);
    const last = isEnd(probe) && endTracepoints.includes(probe.symbol) && !emitsDeeper ? (["RETIS_PROBE_LAST"] as const) : [];
    return { ...probe, lifetime: [...new Set([...lifetimeFlags(probe.type, probe.symbol), ...own, ...last])] };
  });
  const added = [...wanted.values()].map(({ type, symbol, lifetime }, index) => ({
    id: probes.length + index,
    type,
    symbol,
    parameters: find({ type, symbol })?.parameters ?? [],
    hooks: 0,
    contextHooks: 0,
    requested: false,
    stack: false,
    showStack: false,
    lifetime,
  }));
  return [...flagged, ...added];
}

/** Decides and prepares. */
export function planPacketTracking(request: TrackingRequest): PacketTracking {
  if (!isActive(request)) return { active: false, probes: request.probes, mapSizes: {}, configure: () => {} };
  const stackSize =
    request.growing || request.probes.some(({ light, parameters }) => !light && !parameters.some((type) => request.skbTypes.has(type)))
      ? request.stackSize()
      : 0;
  return {
    active: true,
    probes: withLifetimeProbes(request),
    mapSizes: { retis_tracking: request.entries, ...(stackSize === 0 ? {} : { retis_stacks: stackEntries }) },
    configure(data) {
      data.set("retis_tracking_set", true);
      data.set("retis_stack_size", stackSize);
    },
  };
}
