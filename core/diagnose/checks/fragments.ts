/** Causes of drops in the reassembly of fragments. */
import type { Check } from "../check.ts";
import type { Finding } from "../finding.ts";
import { sysctlEvidence } from "../host-view.ts";
import type { HostView } from "../host-view.ts";
import type { PacketFacts } from "../packet-facts.ts";

/** Names of sysctls by IP version. */
const settings = {
  4: { time: "net.ipv4.ipfrag_time", limit: "net.ipv4.ipfrag_high_thresh" },
  6: { time: "net.ipv6.ip6frag_time", limit: "net.ipv6.ip6frag_high_thresh" },
} as const;

const avoid = "avoid fragments: lower the MTU of the sender or tunnel";

/** Fragments that do not complete a packet. */
export const fragments: Check = {
  reasons: ["FRAG_REASM_TIMEOUT", "DUP_FRAG", "FRAG_TOO_FAR", "NOT_SPECIFIED"],
  examine({ packet, reason, location }, view) {
    if (packet === undefined) return [];
    if (reason === "FRAG_REASM_TIMEOUT") return [incomplete(packet, view)];
    if (reason === "DUP_FRAG") return [duplicated(packet, view)];
    if (reason === "FRAG_TOO_FAR") return [reordered(packet, view)];
    return /^(ip_defrag|ipv6_frag_rcv|nf_ct_frag6_gather)$/.test(location ?? "") ? memoryFull(packet, view) : [];
  },
};

function incomplete({ source, version }: PacketFacts, view: HostView): Finding {
  return {
    id: "fragments-incomplete",
    cause: `Not all fragments of packets from ${source} arrive in time`,
    certainty: "possible",
    evidence: [sysctlEvidence(view, settings[version].time), ...reassembly(version, view)],
    change: `Find where fragments are filtered or lost (retis collect on the path); ${avoid}`,
  };
}

function duplicated({ source, version }: PacketFacts, view: HostView): Finding {
  return {
    id: "fragments-duplicated",
    cause: `Fragments of packets from ${source} arrive twice: the network duplicates them, or packets share an identification`,
    certainty: "certain",
    evidence: [{ source: "drop reason", value: "DUP_FRAG" }, ...reassembly(version, view)],
    change: `Look for a loop or a second path at layer 2 (bridges, bonds, mirrors); ${avoid}`,
  };
}

function reordered({ source }: PacketFacts, view: HostView): Finding {
  const name = "net.ipv4.ipfrag_max_dist";
  return {
    id: "fragments-reordered",
    cause: `Between fragments of one packet, ${source} sends more other fragments than ipfrag_max_dist allows: packets overtake each other or get lost`,
    certainty: "certain",
    evidence: [sysctlEvidence(view, name)],
    change: `Where the network reorders packets (several links or CPUs): sysctl -w ${name}=N, or 0 for no limit; ${avoid}`,
  };
}

/** The limit counts what incomplete packets hold. */
function memoryFull({ version }: PacketFacts, view: HostView): readonly Finding[] {
  const { limit } = settings[version];
  const file = version === 6 ? "/proc/net/sockstat6" : "/proc/net/sockstat";
  const used = /^FRAG6?: .*memory (\d+)/m.exec(view.file(file) ?? "")?.[1];
  const allowed = view.sysctl(limit);
  const isFull = Number(used) >= Number(allowed);
  return [
    {
      id: "fragment-memory-full",
      cause: "Fragments that wait for the rest of their packets use all memory that they may have",
      certainty: isFull ? "certain" : "possible",
      evidence: [{ source: file, value: `fragments use ${used ?? "?"} bytes` }, sysctlEvidence(view, limit), ...reassembly(version, view)],
      change: `Find out why packets stay incomplete (retis collect on the path), or raise the limit: sysctl -w ${limit}=BYTES; ${avoid}`,
    },
  ];
}

/** Failures that the kernel counted (RFC 4293, ipReasmFails). */
function reassembly(version: 4 | 6, view: HostView): Finding["evidence"] {
  const counter = version === 6 ? "Ip6ReasmFails" : "IpReasmFails";
  const count = new RegExp(`^${counter}\\s+(\\d+)`, "m").exec(view.output("nstat", "-asz", counter) ?? "")?.[1];
  return count === undefined ? [] : [{ source: `nstat -az ${counter}`, value: count }];
}
