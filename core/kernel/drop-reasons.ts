/**
 * Drop reasons of the running kernel. A value is `subsystem << 16 | reason` (include/net/dropreason.h); core reasons have
 * subsystem 0, and the enumerators of a subsystem's own enum hold the subsystem bits. Neither subsystems nor values are
 * stable between kernels, so all names come from BTF.
 */
import type { DropReasonNames } from "../api/drop-advice.ts";
import type { DropReason, EnumValue, KernelFacts } from "../api/host.ts";

/** A drop reason that the running kernel declares. */
export interface KernelDropReason {
  /** Of the core without `SKB_` or `SKB_DROP_REASON_`; of other subsystems as in their enum. */
  readonly name: string;
  /** `core`, `openvswitch`, `mac80211_unusable`, … */
  readonly subsystem: string;
}

const subsystemEnum = "skb_drop_reason_subsys";
const subsystemPrefix = /^SKB_DROP_REASON_SUBSYS_/;
const corePrefix = /^SKB_(DROP_REASON_)?/;
const coreName = "core";
/** Ends and masks of the enums, which are not reasons. */
const notReasons = /^_|(^|_)(MAX|MASK|NUM)$/;

export class DropReasons {
  readonly #kernel: Pick<KernelFacts, "enumValues">;
  readonly #tables = new Map<number, ReadonlyMap<number, string>>();
  #subsystems: ReadonlyMap<number, string> | undefined;
  #known: readonly DropReasonNames[] = [];

  constructor(kernel: Pick<KernelFacts, "enumValues">) {
    this.#kernel = kernel;
  }

  /** Sets what collectors say about subsystems. */
  know(names: readonly DropReasonNames[]): void {
    this.#known = names;
    this.#subsystems = undefined;
    this.#tables.clear();
  }

  /** Subsystem and name of a value ≥ 0 as the kernel reports it. Names of a module are found once it is loaded. */
  describe(value: number): DropReason {
    const id = value >>> 16;
    const subsystem = this.#subsystemNames().get(id);
    return { subsystem, name: subsystem === undefined ? undefined : this.#table(id, subsystem)?.get(value) };
  }

  /** Reasons of the core and of subsystems whose modules are loaded, in source order. Empty for kernels without reasons. */
  declared(): readonly KernelDropReason[] {
    return [...this.#subsystemNames()].flatMap(([id, subsystem]) => {
      const names = [...(this.#table(id, subsystem)?.values() ?? [])];
      return names.filter((name) => !notReasons.test(name)).map((name) => ({ name, subsystem }));
    });
  }

  #subsystemNames(): ReadonlyMap<number, string> {
    this.#subsystems ??= subsystemsOf(this.#kernel.enumValues(subsystemEnum) ?? [], this.#known);
    return this.#subsystems;
  }

  /** Names by value; a table that is missing is looked for again, because its module may be loaded later. */
  #table(id: number, subsystem: string): ReadonlyMap<number, string> | undefined {
    const known = this.#tables.get(id);
    if (known !== undefined) return known;
    const own = this.#known.find((names) => names.subsystem === (typeof names.subsystem === "number" ? id : subsystem));
    const values = this.#kernel.enumValues(own?.enum ?? reasonEnumOf(subsystem)) ?? valuesOf(own?.reasons, id);
    if (values === undefined) return undefined;
    const table = reasonNames(values, id);
    this.#tables.set(id, table);
    return table;
  }
}

function subsystemsOf(values: readonly EnumValue[], known: readonly DropReasonNames[]): ReadonlyMap<number, string> {
  const names = values.map(({ name, value }) => [Number(value), name.replace(subsystemPrefix, "").toLowerCase()] as const);
  const found = new Map([[0, coreName], ...names.filter(([, name]) => name !== "num")]);
  for (const { subsystem, name } of known)
    if (typeof subsystem === "number" && !found.has(subsystem)) found.set(subsystem, name ?? String(subsystem));
  return found;
}

/** The enum with the reasons of a subsystem, as the kernel names them. */
function reasonEnumOf(subsystem: string): string {
  return subsystem === coreName ? "skb_drop_reason" : `${subsystem}_drop_reason`;
}

function valuesOf(reasons: DropReasonNames["reasons"], subsystem: number): readonly EnumValue[] | undefined {
  return reasons && Object.entries(reasons).map(([reason, name]) => ({ name, value: BigInt(subsystem << 16) | BigInt(reason) }));
}

/** Of names with the same value the last one stays, except that a mark (an end, a mask) never replaces a reason. */
function reasonNames(values: readonly EnumValue[], subsystem: number): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const { name, value } of values) {
    const reason = Number(BigInt.asIntN(32, BigInt(value)));
    if (reason >>> 16 !== subsystem) continue;
    const short = subsystem === 0 ? name.replace(corePrefix, "") : name;
    if (!names.has(reason) || !notReasons.test(short)) names.set(reason, short);
  }
  return names;
}
