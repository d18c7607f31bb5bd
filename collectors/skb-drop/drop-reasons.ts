/**
 * Names of drop reasons. A value is `subsystem << 16 | reason` (include/net/dropreason.h); core reasons have subsystem 0,
 * and the enumerators of a subsystem's own enum hold the subsystem bits. Neither ids nor values are stable between
 * kernels, so all names come from the BTF of the running one.
 */
import type { KernelFacts, Lookup } from "../../core/api/collector.ts";

const subsystemEnum = "skb_drop_reason_subsys";
const subsystemPrefix = /^SKB_DROP_REASON_SUBSYS_/;
const corePrefix = /^SKB_(DROP_REASON_)?/;

/** The enum with the reasons of a subsystem; further subsystems follow the kernel's naming. */
function reasonEnumOf(subsystem: string): string {
  if (subsystem === "core") return "skb_drop_reason";
  if (subsystem.startsWith("mac80211")) return "mac80211_drop_reason";
  if (subsystem === "openvswitch") return "ovs_drop_reason";
  return `${subsystem}_drop_reason`;
}

function subsystemsOf(kernel: KernelFacts): ReadonlyMap<number, string> {
  const names = new Map<number, string>([[0, "core"]]);
  for (const { name, value } of kernel.enumValues(subsystemEnum) ?? []) {
    const short = name.replace(subsystemPrefix, "");
    if (short !== "NUM") names.set(Number(value), short.toLowerCase());
  }
  return names;
}

function reasonNames(kernel: KernelFacts, subsystem: string): ReadonlyMap<number, string> | undefined {
  const values = kernel.enumValues(reasonEnumOf(subsystem));
  const shorten = (name: string) => (subsystem === "core" ? name.replace(corePrefix, "") : name);
  return values && new Map(values.map(({ name, value }) => [Number(BigInt.asIntN(32, BigInt(value))), shorten(name)]));
}

/**
 * Lookups `reason` and `subsys` of the section, by raw value. A subsystem's names are read when its first value shows up:
 * by then its module, whose BTF has them, is loaded.
 */
export function dropReasons(kernel: KernelFacts): { readonly reason: Lookup; readonly subsys: Lookup } {
  const subsystems = subsystemsOf(kernel);
  const tables = new Map<string, ReadonlyMap<number, string>>();
  const tableOf = (subsystem: string) => {
    const table = tables.get(subsystem) ?? reasonNames(kernel, subsystem);
    if (table) tables.set(subsystem, table);
    return table;
  };
  return {
    subsys(value) {
      const id = value < 0 ? 0 : value >>> 16;
      const name = subsystems.get(id) ?? String(id);
      return name === "core" ? undefined : name;
    },
    reason(value) {
      if (value < 0) return "NOT_SPECIFIED";
      const subsystem = subsystems.get(value >>> 16);
      return (subsystem === undefined ? undefined : tableOf(subsystem)?.get(value)) ?? String(value);
    },
  };
}
