/** Everything of one run that lives in the kernel, and its end. */
import type { MapValue } from "../api/run.ts";
import { describeError, type TraceError } from "../base/errors.ts";
import { log } from "../base/log.ts";
import { counted } from "../base/plural.ts";
import { withoutControls } from "../base/terminal.ts";
import type { RecordCodec } from "../event/record.ts";
import { Kprobes } from "../probe/kprobes.ts";
import { enableOrder } from "../probe/enable-order.ts";
import type { Check, LoadedProbes, LoadedProgram } from "../probe/loaded-probes.ts";
import { emits, type Probe } from "../probe/probe.ts";
import { TypedMap } from "../probe/typed-map.ts";
import { UserProbes } from "../probe/user-probes.ts";
import { HookLossCounters, type Loss, LossCounters, ofKind } from "./loss.ts";
import type { RecordSource } from "./rings/record-source.ts";
import { lossesByRing, type RingPlan } from "./rings/ring-plan.ts";
import { SkippedHits } from "./skipped-hits.ts";
import { type TrackingCounts, trackingCounts, trackingLosses } from "./tracking-table.ts";

const shortTypes = { kprobe: "k", kretprobe: "kr", raw_tracepoint: "tp", usdt: "usdt", uprobe: "uprobe" } as const;

/** A probe as messages show it. */
function probeText(probe: Probe): string {
  const program = probe.path === undefined ? "" : ` (${withoutControls(probe.path)})`;
  return `${shortTypes[probe.type]} ${probe.symbol}${program}`;
}

export interface TracingParts {
  readonly codec: RecordCodec;
  readonly ring: RecordSource;
  readonly rings: RingPlan;
  readonly programs: readonly LoadedProbes[];
  /** All probes of the run by id; grows when probes are added. */
  readonly probes: Probe[];
  /** Entries of the tracking table; undefined when packets are not tracked. */
  readonly trackedPackets: number | undefined;
  /** What hooks count as lost, by number. */
  readonly lossCauses: readonly { readonly collector: string; readonly reason: string }[];
  /** Writes the configuration of probes where programs read it. */
  readonly configure: (probes: readonly Probe[]) => void;
  /** Called before each probe is attached; throws to give up. */
  readonly check: Check;
}

/** Owns programs, links, maps and the mapped ring of a run. Attaches when made; nothing is emitted before `enable`. */
export class Tracing {
  readonly #parts: TracingParts;
  readonly #counters: LossCounters | undefined;
  readonly #hookCounters: HookLossCounters | undefined;
  readonly #skipped: SkippedHits;
  readonly #attached: Probe[];

  /** @throws TraceError when nothing of what was requested can be attached */
  constructor(parts: TracingParts) {
    this.#parts = parts;
    const { programs, probes } = parts;
    const counters = programs[0]?.instances[0]?.object.map("retis_counters");
    this.#counters = counters && new LossCounters(counters, () => parts.probes.map((probe) => ({ id: probe.id, name: probeText(probe) })));
    const hookCounters = programs[0]?.instances[0]?.object.map("retis_hook_losses");
    this.#hookCounters = hookCounters && new HookLossCounters(hookCounters, parts.lossCauses);
    this.#skipped = new SkippedHits(programs, probeText);
    parts.configure(probes);
    this.#attached = attachAll(programs, probes, parts.check);
  }

  get codec(): RecordCodec {
    return this.#parts.codec;
  }

  get ring(): RecordSource {
    return this.#parts.ring;
  }

  /** Attached probes that emit events; the others only track packets. */
  get emitting(): readonly Probe[] {
    return this.#attached.filter(emits);
  }

  /** Probes that are attached. */
  get attached(): readonly Probe[] {
    return this.#attached;
  }

  /** What the kernel and our programs in it counted, of all kinds but evicted packets. */
  losses(): readonly Loss[] {
    const hasLosses = this.#parts.programs.some(({ instances }) => instances.some((instance) => instance.hasLosses));
    const counted = hasLosses ? [...(this.#counters?.read() ?? []), ...(this.#hookCounters?.read() ?? [])] : [];
    const skipped = this.#skipped.read();
    // The end of a packet can only be missed when there are packets.
    const hasPackets = skipped.some(({ kind }) => kind === "untracked") && (this.#trackingCounts()?.tracked ?? 0n) > 0n;
    return [...counted, ...(hasPackets ? skipped : ofKind(skipped, "skipped"))];
  }

  /** What was lost in each of several rings, for the log. */
  ringLosses(): readonly string[] {
    return lossesByRing(this.#parts.rings, this.#counters?.ringFullByCpu() ?? []);
  }

  /** Packets that lost their identity as the tracking table was full. */
  evicted(): readonly Loss[] {
    const counts = this.#trackingCounts();
    return counts ? trackingLosses(counts, this.#parts.trackedPackets ?? 0) : [];
  }

  /** Undefined when packets are not tracked. */
  #trackingCounts(): TrackingCounts | undefined {
    if (this.#parts.trackedPackets === undefined) return undefined;
    const counts = this.#parts.programs[0]?.instances[0]?.object.map("retis_tracking_counts");
    return counts && trackingCounts(counts);
  }

  /** A map that hooks define with types; undefined when no load has one of this name. Those of the engine are not given. */
  typedMap(name: string): TypedMap<MapValue, MapValue> | undefined {
    if (name.startsWith("retis_")) return undefined;
    for (const { object, data } of this.#parts.programs.flatMap(({ instances }) => instances)) {
      const map = object.map(name);
      const definition = map && data.mapDefinition(name);
      if (definition) return new TypedMap(map, definition);
    }
    return undefined;
  }

  /** Attaches further function probes while running; one that the kernel refuses is reported at debug level. */
  addKprobes(probes: readonly Probe[]): void {
    const kprobes = this.#parts.programs.find((programs) => programs instanceof Kprobes);
    if (!kprobes || probes.length === 0) return;
    for (const probe of probes) this.#parts.probes[probe.id] = probe;
    this.#parts.configure(probes);
    const attached = new Set(this.#attached.map(({ id }) => id));
    const added = kprobes.attachMore(
      probes.filter(({ id }) => !attached.has(id)),
      (_probe, error) => log.debug(describeError(error)),
    );
    this.#attached.push(...added);
    for (const { symbol } of added) log.debug(`Added a probe on ${symbol}`);
  }

  /** Whether the next record has to wake the reader; each program that does so clears it for itself. */
  set readerSleeps(sleeps: boolean) {
    for (const programs of this.#parts.programs) programs.readerSleeps = sleeps;
  }

  /** Whether probes are attached in processes that start while the run goes on. */
  get followsProcesses(): boolean {
    return this.#userProbes !== undefined;
  }

  /** Whether probes in new processes are attached through performance events. */
  get opensUprobeEvents(): boolean {
    return this.#userProbes?.usesPerfEvents ?? false;
  }

  /** Milliseconds until {@link followProcesses} has something to do; infinite without user-space probes. */
  untilFollow(): number {
    return this.#userProbes?.untilFollow() ?? Number.POSITIVE_INFINITY;
  }

  /** Attaches user-space probes in processes that are new, and detaches those of processes that have ended. */
  followProcesses(): void {
    const added = this.#userProbes?.follow((probe) => {
      this.#parts.probes[probe.id] = probe;
      this.#parts.configure([probe]);
    });
    const known = new Set(this.#attached.map(({ id }) => id));
    this.#attached.push(...(added ?? []).filter(({ id }) => !known.has(id)));
  }

  get #userProbes(): UserProbes | undefined {
    return this.#parts.programs.find((programs) => programs instanceof UserProbes);
  }

  /** Lets the attached probes emit events. */
  enable(): void {
    this.#skipped.start();
    for (const { instance } of enableOrder(this.#programs)) instance.enabled = true;
  }

  /** Stops events and detaches; what is in the ring stays readable. */
  detach(): void {
    for (const { instance } of enableOrder(this.#programs).toReversed()) instance.enabled = false;
    this.#skipped.stop();
    for (const programs of this.#parts.programs) programs.detach();
  }

  get #programs(): readonly LoadedProgram[] {
    return this.#parts.programs.flatMap(({ programs }) => programs);
  }

  close(): void {
    this.#parts.ring.close();
    for (const programs of this.#parts.programs) programs.close();
  }
}

/** Attaches. A refused probe is reported and left out, unless nothing of what was requested is left. */
function attachAll(programs: readonly LoadedProbes[], probes: readonly Probe[], check: Check): Probe[] {
  const refused: { readonly probe: Probe; readonly error: TraceError }[] = [];
  const attached = programs.flatMap((kind) => kind.attach((probe, error) => refused.push({ probe, error }), check));
  // A signal may be why something was refused.
  check();
  const emitting = probes.filter(emits);
  const requested = emitting.some((probe) => probe.requested) ? emitting.filter((probe) => probe.requested) : emitting;
  const there = new Set(attached);
  if (refused[0] && !requested.some((probe) => there.has(probe))) throw refused[0].error;
  for (const { probe, error } of refused) if (!probe.byPattern) log.warn(`${describeError(error)}; left out`);
  reportUntraceable(refused.flatMap(({ probe }) => (probe.byPattern ? [probe.symbol] : [])));
  return attached;
}

/** Functions that fit a pattern, but cannot be traced: mostly parts of the kernel's tracing itself, and code that is inlined. */
function reportUntraceable(names: readonly string[]): void {
  if (names.length === 0) return;
  log.info(`Skipping ${counted(names.length, "function")} that the kernel cannot trace`);
  log.debug(`Not traceable: ${names.join(", ")}`);
}
