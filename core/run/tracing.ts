/** Everything of one run that lives in the kernel: composed, loaded and attached here, and taken down again. */
import { nothingToProbe, type TraceError } from "../base/errors.ts";
import { log } from "../base/log.ts";
import type { CollectOptions } from "../cli/collect-options.ts";
import { commonSection } from "../event/common.ts";
import { kernelSection } from "../event/kernel.ts";
import { RecordCodec } from "../event/record.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { BpfMap } from "../libbpf/bpf-map.ts";
import { captureMessages } from "../libbpf/message-log.ts";
import { programStatistics } from "../libbpf/program-info.ts";
import { RingBuffer } from "../libbpf/ring-buffer.ts";
import { slotHooks } from "../probe/linked-hooks.ts";
import { type Probe, probeConfig } from "../probe/probe.ts";
import type { LoadedProbes } from "../probe/loaded-probes.ts";
import { buildProbes } from "../probe/probe-set.ts";
import type { PlannedCollector } from "./collector-plans.ts";
import { prepareFilters } from "./filters.ts";
import { type Loss, LossCounters } from "./loss.ts";
import { loadProbes } from "./load-probes.ts";
import type { Phases } from "./phases.ts";
import { stackFrames } from "./stack-frames.ts";
import { expandTargets, knownTypes, wantedProbes } from "./wanted-probes.ts";
import { WireRegistry } from "./wire-registry.ts";

/** libbpf's levels, one level quieter in our log: its warnings are told again by our own errors. */
const messageLevels = ["debug", "trace", "trace"] as const;

const shortTypes = { kprobe: "k", kretprobe: "kr", raw_tracepoint: "tp" } as const;

/** A probe as messages show it. */
function probeText(probe: Probe): string {
  return `${shortTypes[probe.type]} ${probe.symbol}`;
}

/** Owns programs, links, maps and the mapped ring of a run. */
export class Tracing {
  /** Probes that are attached. */
  readonly attached: readonly Probe[];
  readonly #counters: LossCounters | undefined;

  constructor(
    readonly codec: RecordCodec,
    readonly ring: RingBuffer,
    private readonly programs: readonly LoadedProbes[],
    probes: readonly Probe[],
  ) {
    const counters = programs[0]?.instances[0]?.object.map("retis_counters");
    this.#counters = counters && new LossCounters(counters, probes.map((probe) => ({ id: probe.id, name: probeText(probe) })));
    this.attached = attachAll(programs, probes);
  }

  /** Whether the kernel counted any loss yet. */
  get hasLosses(): boolean {
    return this.programs.some(({ instances }) => instances.some((instance) => instance.hasLosses));
  }

  /** All losses that the kernel counted. */
  losses(): readonly Loss[] {
    const fds = this.programs.flatMap(({ programFds }) => programFds);
    const missed = fds.reduce((sum, fd) => sum + (programStatistics(fd)?.recursionMisses ?? 0), 0);
    const counted = this.hasLosses ? (this.#counters?.read() ?? []) : [];
    return missed === 0 ? counted : [...counted, { probe: "all probes", reason: "hit while already running on that CPU", count: missed }];
  }

  /** Lets the attached probes emit events. */
  enable(): void {
    for (const programs of this.programs) programs.enabled = true;
  }

  /** Stops events and detaches; what is in the ring stays readable. */
  detach(): void {
    for (const programs of this.programs) programs.enabled = false;
    for (const programs of this.programs) programs.detach();
  }

  close(): void {
    this.ring.close();
    for (const programs of this.programs) programs.close();
  }
}

/** Attaches. A refused probe is told and left out, unless it leaves nothing of what was asked for. */
function attachAll(programs: readonly LoadedProbes[], probes: readonly Probe[]): readonly Probe[] {
  const errors: TraceError[] = [];
  const attached = programs.flatMap((kind) => kind.attach((_probe, error) => errors.push(error)));
  const asked = probes.some((probe) => probe.asked) ? probes.filter((probe) => probe.asked) : probes;
  const [first] = errors;
  if (first && !asked.some((probe) => attached.includes(probe))) throw first;
  for (const error of errors) log.warn(`${error.message}: it is left out`);
  return attached;
}

/**
 * Composes, loads and attaches what the planned collectors and the options ask for. Nothing is emitted before `enable`.
 * @throws TraceError; nothing stays loaded then
 */
export function startTracing(kernel: Kernel, planned: readonly PlannedCollector[], options: CollectOptions, phases: Phases): Tracing {
  captureMessages((level, text) => log[messageLevels[level] ?? "trace"](`libbpf: ${text}`));
  const hooks = slotHooks(planned.flatMap(({ loaded, plan }) => plan.hooks.map((hook) => ({ collector: loaded.collector.name, hook }))));
  const filters = prepareFilters(options, kernel);
  const probes = buildProbes(wantedProbes(options, planned), (spec) => expandTargets(kernel, spec), knownTypes(planned), hooks);
  if (probes.length === 0) throw nothingToProbe();
  phases.mark("probes planned");
  const lookups = {
    symbol: (id: number) => probes[id]?.symbol ?? `probe ${id}`,
    probe_type: (id: number) => probes[id]?.type ?? "unknown",
  };
  const frames = stackFrames(() => kernel.symbols);
  const registry = new WireRegistry({ sections: [commonSection, kernelSection], lookups, frames, filterArguments: filters.argumentTypes }, planned);
  const settings = {
    ringBytes: options.ringSize,
    probes: probes.length,
    constants: (data: Parameters<typeof registry.configure>[0]) => {
      registry.configure(data);
      filters.configure(data);
      data.set("retis_hook_count", hooks.filter((hook) => hook.kind === "hook").length);
      data.set("retis_context_hook_count", hooks.filter((hook) => hook.kind === "context-hook").length);
      data.set("retis_wakeup_bytes", Math.min(1 << 20, options.ringSize / 4));
    },
  };
  const programs = loadProbes(kernel, probes, { hooks, filters }, settings);
  let ring: RingBuffer | undefined;
  try {
    phases.mark("programs loaded");
    const first = programs[0]?.instances[0];
    if (!first) throw new Error("no program instance");
    writeConfigs(first.object.map("retis_probes"), probes, registry);
    ring = new RingBuffer(first.object.map("retis_events")?.fd ?? -1, options.ringSize);
    const tracing = new Tracing(new RecordCodec(registry.codecs(first.data)), ring, programs, probes);
    phases.mark("probes attached");
    return tracing;
  } catch (error) {
    ring?.close();
    for (const kind of programs) kind.close();
    throw error;
  }
}

function writeConfigs(map: BpfMap | undefined, probes: readonly Probe[], registry: WireRegistry): void {
  for (const probe of probes) {
    const key = new Uint8Array(new Uint32Array([probe.id]).buffer);
    map?.update(key, probeConfig(probe, registry.argumentTypes));
  }
}
