/**
 * The plugin contract. A collector is a plain object; importing it starts nothing. Third parties write
 * `import { defineCollector, … } from "retis/collector"`, which is this module.
 *
 * Life cycle: options are parsed → `check` says whether it can run here → `setup` returns hooks, probes and constants
 * as data → core links, loads and attaches everything → `start` → events → `stop` (on every exit once started).
 */
import type { Static, TObject } from "@sinclair/typebox";
import { apiFault } from "./api-range.ts";
import type { DropKnowledge, DropReasonNames } from "./drop-advice.ts";
import type { SinkDeclaration } from "./event-sink.ts";
import type { FilterRoot } from "./filter-root.ts";
import type { Host } from "./host.ts";
import type { ReaderContext, ReaderStages } from "./reader-stage.ts";
import type { Run } from "./run.ts";
import type { Section } from "./section.ts";
import type { KeyLookup, Lookup } from "./wire.ts";

export { Type } from "@sinclair/typebox";
export type { Static } from "@sinclair/typebox";
export type { DropAdvice, DropClass, DropKnowledge, DropReasonNames, DropRule } from "./drop-advice.ts";
export type { Event, SectionData } from "./event.ts";
export { defineSink } from "./event-sink.ts";
export type { EventHeader, EventSink, SinkDeclaration, SinkSource, SinkSummary } from "./event-sink.ts";
export type { FilterRoot } from "./filter-root.ts";
export type { DropReason, EnumValue, Host, HostLog, KernelFacts, OpenNamespace, RunningProcess, UserspaceFacts } from "./host.ts";
export type { ReaderContext, ReaderOutput, ReaderStage, ReaderStages } from "./reader-stage.ts";
export type { EventStage, MapValue, Run, RunMap, SectionObserver } from "./run.ts";
export { displayText } from "./display.ts";
export { defineSection, Line } from "./section.ts";
export type { Completion, Correlation, Paint, Section, TextContext, TextPiece } from "./section.ts";
export * from "./wire.ts";
export { namespaceLabel } from "./workload.ts";
export type { NamespaceIdentity, NamespaceWorkload, Workload, WorkloadFacts } from "./workload.ts";

export { apiMinor, apiVersion } from "./api-range.ts";

/** Answer of `check`: it can run, or the reason why not and what to do about it. */
export type CheckResult =
  | { readonly ok: true; readonly note?: string }
  | { readonly ok: false; readonly reason: string; readonly hint?: string };

/** A compiled hook: a BPF object with exactly one `RETIS_HOOK` function. */
export interface Hook {
  /** Path of the object: what `import x from "./hook.bpf.o" with { type: "file" }` gives, or relative to the collector's directory. */
  readonly object: string;
  /** `"every-probe"` runs at each probe (generic); otherwise only at the probes named here (targeted). */
  readonly at: "every-probe" | readonly string[];
}

/** Value of a `RETIS_CONST`. One whose type is an enum also takes names of its values: one, or several for their bits together. */
export type ConstantValue = number | bigint | boolean | string | readonly string[];

/**
 * A kernel argument that hooks read: its exact type, where the first parameter of that type is taken, or one of several of
 * that type by its name (functions only, as the kernel does not keep the names of tracepoints' arguments) or its position.
 */
export type ArgumentType = string | { readonly type: string; readonly name?: string /** Counted from 0. */; readonly position?: number };

/** A probe with options that the `--probe` syntax does not have. */
export interface PlannedProbe {
  /** In `--probe` syntax. */
  readonly probe: string;
  /**
   * Only hooks that name this probe and have the gate `RETIS_RAW` run, and at once: no skb is copied, no filter evaluated, no
   * identity looked up. For hooks that note something for another probe. Not so when another request probes the same target.
   */
  readonly light?: boolean;
  /**
   * A number that hooks find with `retis_probe_value(ctx)`: which of several probes they run at, or where something is there.
   * 32 bits, not 0. Collectors that give the same probe different numbers cannot run together.
   */
  readonly value?: number;
}

/** What a plan says about a map that the hooks define. */
export interface MapPlan {
  /** `max_entries`. */
  readonly entries?: number;
  /** Each load of programs has a map of its own; otherwise all loads of the run share it. */
  readonly perLoad?: boolean;
}

/** What a collector wants for one run. */
export interface Plan {
  readonly hooks: readonly Hook[];
  /** Probes to install, in `--probe` syntax, e.g. `tp:skb:kfree_skb`. */
  readonly probes?: readonly (string | PlannedProbe)[];
  /** The hooks' maps, by their names in C. */
  readonly maps?: Readonly<Record<string, MapPlan>>;
  /** The hooks read `ctx->packet`: packets are tracked in this run, so that they have an identity. */
  readonly tracking?: boolean;
  /** Values for the hook's `RETIS_CONST`s, by name; set before load. */
  readonly constants?: Readonly<Record<string, ConstantValue>>;
  /** Tables for `Text` properties of the sections, by lookup name. */
  readonly lookups?: Readonly<Record<string, Lookup>>;
  /** What gives the texts of `OptionalTextOf` properties, by lookup name. */
  readonly keyLookups?: Readonly<Record<string, KeyLookup>>;
  /**
   * Capabilities (capabilities(7)) that the collector, or programs that it starts, need after its `start`, e.g. `CAP_NET_ADMIN`.
   * All others are given up then. Maps, and files that are open, need none.
   */
  readonly capabilities?: readonly `CAP_${string}`[];
}

/** A collector. `O` is the TypeBox schema of its options; each property `foo` becomes the flag `--<collector>-foo`. */
export interface Collector<O extends TObject = TObject> {
  readonly name: string;
  readonly summary: string;
  /** Versions of this contract that it works with: `1.x`, or `1.2` for what came with 1.2 and is in each later 1.x (docs/stability.md). */
  readonly api?: string;
  /** Instead of `api`: the first number of the version alone. */
  readonly apiVersion?: number;
  readonly sections: readonly Section[];
  /**
   * Kernel arguments that the hooks read, by the name used in `RETIS_ARG(<collector>, <name>)`: the first parameter that is
   * one of them is taken. Those given as a bare type also decide which probes make sense for this collector.
   */
  readonly args?: Readonly<Record<string, readonly ArgumentType[]>>;
  /** Types beside `args` that make a probe useful, e.g. `struct sk_buff *`, which every hook can read. */
  readonly kernelTypes?: readonly string[];
  /**
   * Names of collectors that run along with this one when it was chosen and they were not, for what belongs on the same line: such as
   * the device of a drop. One that is not there or cannot run is left out, and none makes a probe useful by itself.
   */
  readonly companions?: readonly string[];
  /**
   * Structs of the kernel that expressions of `-m` can begin with while this collector is used, by their names, e.g. `nf_conn`:
   * `-m 'nf_conn.mark == 9'`.
   */
  readonly filterRoots?: Readonly<Record<string, FilterRoot>>;
  /** Texts for what the hooks count as lost, by the name used in `RETIS_LOSS(<collector>, <name>)`. */
  readonly losses?: Readonly<Record<string, string>>;
  /** Options: `Type.Object` of strings, integers, booleans, string literals or arrays (comma lists), each optional or with a default. */
  readonly options?: O;
  /** Names of drop reasons whose subsystem the collector is about: they are shown also while it is not used. */
  readonly dropReasons?: readonly DropReasonNames[];
  /**
   * What `retis explain` says about drop reasons of the subsystem that the collector is about, and which drops are normal. Import the
   * texts here: they are rarely needed.
   */
  dropKnowledge?(): Promise<DropKnowledge>;
  /**
   * Stages for events where they are shown or counted: in `print`, `sort` and `stats` of a collector named with `-c`, and in what
   * `collect` prints. What is recorded stays as it is. Called once.
   */
  readerStages?(context: ReaderContext): ReaderStages | Promise<ReaderStages>;
  /** Where `collect`, `print` and `sort` can hand events: `-o plugin:NAME`, with the collector's name. Made with `defineSink`. */
  readonly sink?: SinkDeclaration;
  /** @param options those of the run; their defaults where there is no run, as in `retis doctor` */
  check?(host: Host, options: Static<O>): CheckResult;
  setup(host: Host, options: Static<O>): Plan;
  /** Called once probes are attached, before they report anything, with the object that `setup` got. It must end soon: `run.background` is for what takes time. */
  start?(run: Run<Static<O>>): void | Promise<void>;
  /** Called once probes are detached, and work that was begun has ended. */
  stop?(run: Run<Static<O>>): void | Promise<void>;
}

/** Declares a collector; checks what can be checked without a kernel. */
export function defineCollector<O extends TObject>(collector: Collector<O>): Collector {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(collector.name)) {
    throw new TypeError(`Cannot define collector "${collector.name}": its name is not kebab-case`);
  }
  const fault = apiFault(collector);
  if (fault !== undefined) throw new TypeError(`Cannot use collector "${collector.name}": it ${fault}`);
  return collector as unknown as Collector;
}
