/** Words for the numbers of a connection. */
import type { KernelFacts, Lookup } from "../../core/api/collector.ts";

/** `enum ip_conntrack_info` (include/uapi/linux/netfilter/nf_conntrack_common.h), which is ABI. */
const states: Readonly<Record<number, string>> = {
  0: "established",
  1: "related",
  2: "new",
  3: "reply",
  4: "related_reply",
  7: "untracked",
};

/** Bit 0: original direction, bit 1: replies (include/net/netfilter/nf_conntrack_zones.h). */
const zoneDirections = ["None", "Original", "Reply", "Default"] as const;

/** Protocols with states of their own: the kernel's enum and its prefix. */
const stateEnums: Readonly<Record<number, { readonly name: string; readonly prefix: string }>> = {
  6: { name: "tcp_conntrack", prefix: "TCP_CONNTRACK_" },
  132: { name: "sctp_conntrack", prefix: "SCTP_CONNTRACK_" },
};

/** The enum calls it LISTEN, but the kernel uses the value for a simultaneous open (nf_conntrack_tcp.h: it is a macro). */
const tcpSynSent2 = (6 << 8) | 9;

/** Lookups of the section. States of TCP and SCTP have the names of the kernel's enums; unnamed numbers stay numbers. */
export function connectionNames(kernel: KernelFacts): Readonly<Record<string, Lookup>> {
  return {
    state: (value) => states[value] ?? String(value),
    zone_direction: (value) => zoneDirections[value & 3],
    ip_version: (value) => `v${value}`,
    protocol_state(value) {
      const states = stateEnums[value >> 8];
      if (states === undefined) return undefined;
      if (value === tcpSynSent2) return "SYN_SENT2";
      const entry = kernel.enumValues(states.name)?.find((candidate) => Number(candidate.value) === (value & 0xff));
      return entry === undefined ? String(value & 0xff) : entry.name.replace(states.prefix, "");
    },
  };
}
