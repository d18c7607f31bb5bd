import type { EnumValue, KernelFacts } from "../api/host.ts";

/** A drop reason that the running kernel declares. */
export interface KernelDropReason {
  /** Of the core without `SKB_` or `SKB_DROP_REASON_`; of other subsystems as in their enum. */
  readonly name: string;
  /** `core`, `openvswitch`, `mac80211_unusable`, … */
  readonly subsystem: string;
}

/** Ends and masks of the enums, which are no reasons. */
const notReasons = /^_|(^|_)(MAX|MASK|NUM)$/;
/** Enums whose name is not `<subsystem>_drop_reason`. */
const enumOf: Readonly<Record<string, string>> = {
  core: "skb_drop_reason",
  openvswitch: "ovs_drop_reason",
  mac80211_unusable: "mac80211_drop_reason",
  mac80211_monitor: "mac80211_drop_reason",
};

/**
 * Reasons of the core and of subsystems whose modules are loaded, in source order. The upper 16 bits of a reason are its
 * subsystem (include/net/dropreason.h). Empty for kernels without reasons.
 */
export function kernelDropReasons(kernel: Pick<KernelFacts, "enumValues">): readonly KernelDropReason[] {
  return [...subsystems(kernel)].flatMap(([id, subsystem]) => {
    const values = kernel.enumValues(enumOf[subsystem] ?? `${subsystem}_drop_reason`) ?? [];
    return values
      .filter((value) => Number(value.value) >>> 16 === id)
      .map(({ name }) => (subsystem === "core" ? name.replace(/^SKB_(DROP_REASON_)?/, "") : name))
      .filter((name) => !notReasons.test(name))
      .map((name) => ({ name, subsystem }));
  });
}

function subsystems(kernel: Pick<KernelFacts, "enumValues">): ReadonlyMap<number, string> {
  const declared: readonly EnumValue[] = kernel.enumValues("skb_drop_reason_subsys") ?? [];
  const names = declared.map(({ name, value }) => [Number(value), name.replace(/^SKB_DROP_REASON_SUBSYS_/, "").toLowerCase()] as const);
  return new Map([[0, "core"], ...names.filter(([, name]) => name !== "num")]);
}
