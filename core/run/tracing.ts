/** Everything of one run that lives in the kernel: composed, loaded and attached here, and taken down again. */
import { readFileSync } from "node:fs";
import rawTracepointObject from "../../bpf/probe/raw-tracepoint.bpf.o" with { type: "file" };
import { type notAttached, nothingToProbe, unsupportedProbe } from "../base/errors.ts";
import { log } from "../base/log.ts";
import type { CollectOptions } from "../cli/collect-options.ts";
import { commonSection } from "../event/common.ts";
import { kernelSection } from "../event/kernel.ts";
import { RecordCodec } from "../event/record.ts";
import { hasRawTracepointCookies } from "../kernel/features.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { captureMessages } from "../libbpf/message-log.ts";
import { programStatistics } from "../libbpf/program-info.ts";
import { RingBuffer } from "../libbpf/ring-buffer.ts";
import { linkHooks, slotHooks } from "../probe/linked-hooks.ts";
import { type Probe, probeConfig } from "../probe/probe.ts";
import { buildProbes, type Target, type WantedProbe } from "../probe/probe-set.ts";
import { parseProbe, type ProbeSpec } from "../probe/probe-spec.ts";
import { type LoadedTracepoints, loadRawTracepoints } from "../probe/raw-tracepoints.ts";
import type { PlannedCollector } from "./collector-plans.ts";
import { type Loss, LossCounters } from "./loss.ts";
import type { Phases } from "./phases.ts";
import { WireRegistry } from "./wire-registry.ts";

/** Used when nothing but `auto` was asked for. */
const defaultProbes = ["tp:net:netif_receive_skb", "tp:net:net_dev_start_xmit"];
/** libbpf's levels, one level quieter in our log: its warnings are told again by our own errors. */
const messageLevels = ["debug", "trace", "trace"] as const;

function wantedProbes(options: CollectOptions, planned: readonly PlannedCollector[]): readonly WantedProbe[] {
  const useDefaults = options.probes.length === 0 && options.choice.onlyAuto;
  if (useDefaults) log.info(`No probe(s) given: using ${defaultProbes.join(", ")}`);
  const from = (origin: WantedProbe["origin"], texts: readonly string[]) => texts.map((text) => ({ spec: tracepointSpec(text), origin }));
  return [
    ...from("default", useDefaults ? defaultProbes : []),
    ...from("user", options.probes),
    ...from("collector", planned.flatMap(({ plan }) => plan.probes ?? [])),
  ];
}

function tracepointSpec(text: string): ProbeSpec {
  const spec = parseProbe(text);
  if (spec.type !== "raw_tracepoint") throw unsupportedProbe(text, "functions");
  if (spec.stack) throw unsupportedProbe(text, "stack traces");
  return spec;
}

function expandTracepoints(kernel: Kernel, spec: ProbeSpec): readonly Target[] {
  return kernel.tracepoints(spec.target).map(({ group, event, prototype }) => ({
    symbol: group === undefined ? event : `${group}:${event}`,
    parameters: prototype.parameters.map(({ type }) => type),
  }));
}

function knownTypes(planned: readonly PlannedCollector[]): ReadonlySet<string> {
  return new Set(planned.flatMap(({ loaded: { collector } }) => [...(collector.kernelTypes ?? []), ...Object.values(collector.args ?? {}).flat()]));
}

/** A probe as messages show it. */
function probeText(probe: Probe): string {
  return `tp ${probe.symbol}`;
}

/** Owns programs, links, maps and the mapped ring of a run. */
export class Tracing {
  /** Probes that are attached. */
  readonly attached: readonly Probe[];
  readonly #counters: LossCounters | undefined;

  constructor(
    readonly codec: RecordCodec,
    readonly ring: RingBuffer,
    private readonly programs: LoadedTracepoints,
    probes: readonly Probe[],
  ) {
    const counters = programs.instances[0]?.object.map("retis_counters");
    this.#counters = counters && new LossCounters(counters, probes.map((probe) => ({ id: probe.id, name: probeText(probe) })));
    this.attached = attachAll(programs, probes.length);
  }

  /** Whether the kernel counted any loss yet. */
  get hasLosses(): boolean {
    return this.programs.instances.some((instance) => instance.hasLosses);
  }

  /** All losses that the kernel counted. */
  losses(): readonly Loss[] {
    const missed = this.programs.programFds.reduce((sum, fd) => sum + (programStatistics(fd)?.recursionMisses ?? 0), 0);
    const counted = this.hasLosses ? (this.#counters?.read() ?? []) : [];
    return missed === 0 ? counted : [...counted, { probe: "all probes", reason: "hit while already running on that CPU", count: missed }];
  }

  /** Lets the attached probes emit events. */
  enable(): void {
    this.programs.enabled = true;
  }

  /** Stops events and detaches; what is in the ring stays readable. */
  detach(): void {
    this.programs.enabled = false;
    this.programs.detach();
  }

  close(): void {
    this.ring.close();
    this.programs.close();
  }
}

/** Attaches; one refused probe is told and left out, unless none is left. */
function attachAll(programs: LoadedTracepoints, wanted: number): readonly Probe[] {
  const errors: ReturnType<typeof notAttached>[] = [];
  const attached = programs.attach((_probe, error) => errors.push(error));
  const [first] = errors;
  if (first && attached.length === 0 && wanted > 0) throw first;
  for (const error of errors) log.warn(error.message);
  return attached;
}

/**
 * Composes, loads and attaches what the planned collectors and the options ask for. Nothing is emitted before `enable`.
 * @throws TraceError; nothing stays loaded then
 */
export function startTracing(kernel: Kernel, planned: readonly PlannedCollector[], options: CollectOptions, phases: Phases): Tracing {
  captureMessages((level, text) => log[messageLevels[level] ?? "trace"](`libbpf: ${text}`));
  const hooks = slotHooks(planned.flatMap(({ loaded, plan }) => plan.hooks.map((hook) => ({ collector: loaded.collector.name, hook }))));
  const probes = buildProbes(wantedProbes(options, planned), (spec) => expandTracepoints(kernel, spec), knownTypes(planned), hooks);
  if (probes.length === 0) throw nothingToProbe();
  phases.mark("probes planned");
  const linked = linkHooks({ name: "raw-tracepoint", bytes: readFileSync(rawTracepointObject) }, hooks);
  phases.mark("hooks linked");
  const lookups = {
    symbol: (id: number) => probes[id]?.symbol ?? `probe ${id}`,
    probe_type: (id: number) => probes[id]?.type ?? "unknown",
    stack: () => undefined,
  };
  const registry = new WireRegistry([commonSection, kernelSection], lookups, planned);
  const settings = {
    ringBytes: options.ringSize,
    probes: probes.length,
    constants: (data: Parameters<typeof registry.configure>[0]) => {
      registry.configure(data);
      data.set("retis_hook_count", hooks.filter((hook) => hook.kind === "hook").length);
      data.set("retis_context_hook_count", hooks.filter((hook) => hook.kind === "context-hook").length);
      data.set("retis_wakeup_bytes", Math.min(1 << 20, options.ringSize / 4));
    },
  };
  const programs = loadRawTracepoints(linked, settings, probes, hasRawTracepointCookies(kernel));
  let ring: RingBuffer | undefined;
  try {
    phases.mark("programs loaded");
    const [first] = programs.instances;
    if (!first) throw new Error("no program instance");
    writeConfigs(first.object.map("retis_probes"), probes, registry);
    ring = new RingBuffer(first.object.map("retis_events")?.fd ?? -1, options.ringSize);
    const tracing = new Tracing(new RecordCodec(registry.codecs(first.data)), ring, programs, probes);
    phases.mark("probes attached");
    return tracing;
  } catch (error) {
    ring?.close();
    programs.close();
    throw error;
  }
}

function writeConfigs(map: ReturnType<LoadedTracepoints["instances"][number]["object"]["map"]>, probes: readonly Probe[], registry: WireRegistry): void {
  for (const probe of probes) {
    const key = new Uint8Array(new Uint32Array([probe.id]).buffer);
    map?.update(key, probeConfig(probe, registry.argumentTypes));
  }
}
