/** Composes, loads and attaches what the planned collectors and the options request. */
import { nothingToProbe } from "../base/errors.ts";
import { log } from "../base/log.ts";
import type { CollectOptions } from "../api/collect-options.ts";
import { commonSection } from "../event/common.ts";
import { kernelSection } from "../event/kernel.ts";
import { userspaceSection } from "../event/userspace.ts";
import { RecordCodec } from "../event/record.ts";
import { hasDirectReads } from "../kernel/features.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { captureMessages } from "../libbpf/message-log.ts";
import { possibleCpus } from "../libbpf/bpf-map.ts";
import type { Check } from "../probe/loaded-probes.ts";
import type { GlobalData } from "../probe/global-data.ts";
import { slotHooks, type SlottedHook, usesStackKey } from "../probe/linked-hooks.ts";
import { type Probe, probeConfigs } from "../probe/probe.ts";
import { sectionHeader } from "../probe/program-types.ts";
import { buildProbes } from "../probe/probe-set.ts";
import type { InstanceSettings } from "../probe/program-instance.ts";
import type { RecordsCapture } from "../records/capture.ts";
import type { PlannedCollector } from "./collector-plans.ts";
import { type Filters, prepareFilters } from "./filters.ts";
import { planPacketTracking, type PacketTracking } from "./packet-tracking.ts";
import { stackMarks, stackSizeOf } from "../kernel/stack-size.ts";
import { loadProbes } from "./load-probes.ts";
import type { Phases } from "./phases.ts";
import { lifetimeFunctions } from "../probe/skb-lifetime.ts";
import { StackFrames } from "../kernel/stack-frames.ts";
import { StackProbing } from "./stack-probing.ts";
import { Tracing } from "./tracing.ts";
import { tracingFunctions } from "../probe/tracing-functions.ts";
import { expandTargets, findLifetimeProbe, functionsUnprobeable } from "../probe/targets.ts";
import type { ProbeSpec } from "../probe/probe-spec.ts";
import { knownTypes, probeRequests, withoutUnprobeable, warnWithoutPacket } from "./probe-requests.ts";
import { openRings } from "./rings/open-rings.ts";
import type { RecordSource } from "./rings/record-source.ts";
import { onlineCpus, planRings, type RingPlan } from "./rings/ring-plan.ts";
import { SectionIds } from "./section-ids.ts";
import { assertHooksMatch } from "./unmatched-hooks.ts";
import { planUserProbes, userRequestOf } from "./user-probe-plan.ts";

/** Probes that `--probe-stack` may add. */
const spareProbes = 2048;
/** libbpf's levels, one level quieter in our log: its warnings are repeated by our own errors. */
const messageLevels = ["debug", "trace", "trace"] as const;

/** A run's kernel side, and with `--probe-stack` what makes it grow. */
export interface StartedTracing {
  readonly tracing: Tracing;
  readonly stackProbing: StackProbing | undefined;
  /** Reads what names places in the kernel's code, if events have such: otherwise the first one waits for it. */
  prepareLocations(): void;
  close(): void;
}

/** Bits of the hooks that run whatever the filters say; a hook that does not say may be one. */
function rawHooks(data: GlobalData, hooks: readonly SlottedHook[]): number {
  const gated = (slot: number) => data.initialBoolean(`retis_hook_${String(slot).padStart(2, "0")}_gated`) === true;
  return hooks.filter(({ kind, slot }) => kind === "hook" && !gated(slot)).reduce((mask, { slot }) => (mask | (1 << slot)) >>> 0, 0);
}

/** Arguments that are an skb, or that a collector with a context hook reads to find one. */
function skbTypes(planned: readonly PlannedCollector[], hooks: readonly SlottedHook[]): ReadonlySet<string> {
  const finders = new Set(hooks.filter(({ kind }) => kind === "context-hook").map(({ collector }) => collector));
  const found = planned
    .filter(({ loaded }) => finders.has(loaded.collector.name))
    .flatMap(({ loaded }) => Object.values(loaded.collector.args ?? {}).flat())
    .map((argument) => (typeof argument === "string" ? argument : argument.type));
  return new Set(["struct sk_buff *", ...found]);
}

/** What the collectors' plans say about the hooks' maps. */
function hookMaps(planned: readonly PlannedCollector[]): Required<Pick<InstanceSettings, "mapSizes" | "privateMaps">> {
  const maps = planned.flatMap(({ plan }) => Object.entries(plan.maps ?? {}));
  return {
    mapSizes: Object.fromEntries(maps.flatMap(([name, { entries }]) => (entries === undefined ? [] : [[name, entries] as const]))),
    privateMaps: maps.filter(([, { perLoad }]) => perLoad === true).map(([name]) => name),
  };
}

interface SharedParts {
  readonly hookMaps: Required<Pick<InstanceSettings, "mapSizes" | "privateMaps">>;
  /** Bytes of a kernel stack when a hook requests it. */
  readonly stackBytes: number;
  readonly sectionIds: SectionIds;
  readonly filters: Filters;
  readonly hooks: readonly SlottedHook[];
  readonly tracking: PacketTracking;
  readonly directReads: boolean;
  readonly rings: RingPlan;
  readonly check: Check;
}

/** @throws INVALID_OPTION */
function ringsOf({ rings, ringSize }: CollectOptions): RingPlan {
  const possible = possibleCpus();
  return planRings({ rings, totalBytes: ringSize, online: onlineCpus(possible), possible });
}

/** @param linked the hooks that the instance is linked with */
function instanceSettings(
  probes: number,
  { sectionIds, filters, hooks, tracking, rings, hookMaps: { mapSizes, privateMaps }, stackBytes, directReads, check }: SharedParts,
  linked: readonly SlottedHook[],
): InstanceSettings {
  const missing = new Set(hooks.filter((hook) => !linked.includes(hook)).map(({ collector }) => collector));
  const countOf = (kind: SlottedHook["kind"]) => hooks.filter((hook) => hook.kind === kind).length;
  return {
    ringBytes: rings.bytes,
    probes,
    mapSizes: {
      ...tracking.mapSizes,
      retis_cpu_rings: rings.count > 1 ? rings.ofCpu.length : 1,
      retis_hook_losses: sectionIds.lossCauses.length,
      ...mapSizes,
    },
    privateMaps,
    check,
    constants(data: GlobalData) {
      sectionIds.configure(data, (collector) => collector !== "core" && !missing.has(collector));
      filters.configure(data);
      tracking.configure(data);
      data.set("retis_raw_hooks", rawHooks(data, hooks));
      data.set("retis_hook_count", countOf("hook"));
      data.set("retis_context_hook_count", countOf("context-hook"));
      data.set("retis_stack_bytes", stackBytes);
      data.set("retis_direct_reads", directReads);
      data.set("retis_wakeup_bytes", Math.min(1 << 20, rings.bytes / 4));
      data.set("retis_many_rings", rings.count > 1);
    },
  };
}

/** Whatever may be looked up is found with the first address, in one pass over the kernel's symbols. */
function expectAddresses(kernel: Kernel, emitting: readonly Probe[]): void {
  // Frames are described by all symbols.
  if (emitting.some(({ stack }) => stack)) return kernel.addresses.expectAll();
  const functions = emitting.filter(({ type }) => type === "kprobe" || type === "kretprobe").map(({ symbol }) => symbol);
  kernel.addresses.expect([...functions, ...lifetimeFunctions, ...stackMarks]);
}

/**
 * @param check called before each step that may take long; throws to give up
 * @param capture notes what the records are made of, and what core looks up for them
 * @throws TraceError; nothing stays loaded then, nor when `check` threw
 */
export function startTracing(
  kernel: Kernel,
  planned: readonly PlannedCollector[],
  options: CollectOptions,
  phases: Phases,
  check: Check,
  capture: RecordsCapture | undefined,
): StartedTracing {
  captureMessages((level, text) => log[messageLevels[level] ?? "trace"](`libbpf: ${text}`));
  const hooks = slotHooks(
    planned.flatMap(({ loaded, plan, generated }) =>
      plan.hooks.map((hook) => ({
        collector: loaded.collector.name,
        foreign: loaded.directory !== undefined,
        hook,
        bytes: generated?.objects.get(hook.object),
      })),
    ),
  );
  const filters = prepareFilters(options, kernel, Object.assign({}, ...planned.map(({ loaded }) => loaded.collector.filterRoots ?? {})));
  const types = knownTypes(planned);
  const requested = probeRequests(kernel, options, planned);
  const requests = withoutUnprobeable(kernel, requested);
  const unprobeable = options.probeStack ? functionsUnprobeable(kernel) : undefined;
  if (unprobeable) throw unprobeable;
  const inKernel = requests.filter((one) => userRequestOf(one) === undefined);
  const expand = (spec: ProbeSpec, wanted?: ReadonlySet<string>) => {
    check();
    return expandTargets(kernel, spec, wanted);
  };
  const emitting = buildProbes(inKernel, expand, types, hooks);
  assertHooksMatch(hooks, requested, emitting);
  const filtered = options.filterPacket !== undefined || options.filterMeta !== undefined;
  const withPacket = skbTypes(planned, hooks);
  expectAddresses(kernel, emitting);
  if (filtered) warnWithoutPacket(emitting, withPacket);
  const tracking = planPacketTracking({
    probes: emitting,
    identityWanted: planned.some(({ plan }) => plan.tracking === true),
    filtered,
    skbTypes: withPacket,
    growing: options.probeStack,
    entries: options.trackingSize,
    find(probe) {
      check();
      return findLifetimeProbe(kernel, probe);
    },
    stackSize: () => stackSizeOf(kernel.addresses),
  });
  const users = planUserProbes(kernel, requests, hooks, { inKernel: emitting, firstId: tracking.probes.length });
  if (emitting.length === 0 && !users) throw nothingToProbe();
  const probes: Probe[] = [...tracking.probes, ...(users?.set.probes ?? [])];
  const numbered = tracking.probes.length + (users?.room.probes ?? 0);
  phases.mark("probes planned");

  const lookups = {
    symbol: (id: number) => probes[id]?.symbol ?? `probe ${id}`,
    probe_type: (id: number) => probes[id]?.type ?? "unknown",
    path: (id: number) => probes[id]?.path ?? "unknown",
  };
  const frames = new StackFrames(
    () => kernel.symbols,
    () => tracingFunctions(kernel, probes),
  );
  const sectionIds = new SectionIds(
    {
      sections: [commonSection, kernelSection, userspaceSection],
      lookups: capture?.lookups(lookups) ?? lookups,
      addresses: capture?.addresses(frames) ?? frames,
      filterArguments: filters.argumentTypes,
    },
    planned.map((one) => (capture ? { ...one, plan: capture.plan(one.loaded.collector.name, one.plan) } : one)),
  );
  const spareKprobes = options.probeStack ? spareProbes : 0;
  const shared = {
    sectionIds,
    filters,
    hooks,
    tracking,
    rings: ringsOf(options),
    hookMaps: hookMaps(planned),
    check,
    stackBytes: hooks.some(usesStackKey) ? stackSizeOf(kernel.addresses) : 0,
    directReads: hasDirectReads(kernel),
  };
  const programs = loadProbes(
    kernel,
    tracking.probes,
    { hooks, filters, spareKprobes, users, allowSystemChanges: options.allowSystemChanges },
    (linked) => instanceSettings(numbered + spareKprobes, shared, linked),
  );
  let ring: RecordSource | undefined;
  try {
    phases.mark("programs loaded");
    if (probes.some(({ stack }) => stack)) frames.prepare();
    const first = programs[0]?.instances[0];
    const maps = { first: first?.object.map("retis_events"), ofCpu: first?.object.map("retis_cpu_rings") };
    if (!first || !maps.first || !maps.ofCpu) throw nothingToProbe();
    ring = openRings(shared.rings, { first: maps.first, ofCpu: maps.ofCpu });
    const configs = first.object.map("retis_probes");
    const configure = (some: readonly Probe[]) =>
      configs?.updateMany(
        new Uint8Array(Uint32Array.from(some, ({ id }) => id).buffer),
        probeConfigs(some, sectionIds.argumentTypes),
        some.length,
      );
    const typed = programs.flatMap(({ instances }) => instances.slice(0, 1)).map(({ data }) => data);
    const codec = new RecordCodec(sectionIds.codecs(typed), sectionHeader());
    const optionsOf = ({ loaded: { collector } }: PlannedCollector) => options.collectorOptions[collector.name] ?? {};
    capture?.describe(
      planned.map((one) => ({ name: one.loaded.collector.name, options: optionsOf(one) })),
      sectionIds.recorded(typed),
      sectionHeader(),
    );
    const tracing = new Tracing({
      codec,
      ring,
      rings: shared.rings,
      programs,
      probes,
      configure,
      trackedPackets: tracking.active ? options.trackingSize : undefined,
      lossCauses: sectionIds.lossCauses,
      check,
    });
    phases.mark("probes attached");
    const stackProbing = options.probeStack
      ? new StackProbing({ tracing, kernel, types, hooks, firstId: numbered, limit: numbered + spareProbes })
      : undefined;
    return {
      tracing,
      stackProbing,
      prepareLocations() {
        if (sectionIds.namesLocations) kernel.prepareLocations();
      },
      close: () => tracing.close(),
    };
  } catch (error) {
    ring?.close();
    for (const kind of programs) kind.close();
    throw error;
  }
}
