/** Causes of drops by IPsec. */
import type { Check } from "../check.ts";
import { present, printed } from "../evidence.ts";
import type { Evidence } from "../finding.ts";
import type { HostView } from "../host-view.ts";

const statistics = "/proc/net/xfrm_stat";

/** Error counters of IPsec in the namespace (Documentation/networking/xfrm_proc.rst), without those that are zero. */
function errorCounters(view: HostView): ReadonlyMap<string, number> {
  const lines = (view.file(statistics) ?? "").trim().split("\n");
  const counters = lines.map((line) => line.trim().split(/\s+/)).map(([name, count]) => [name ?? "", Number(count)] as const);
  return new Map(counters.filter(([, count]) => count > 0));
}

function counterEvidence(counters: ReadonlyMap<string, number>): Evidence {
  return { source: statistics, value: [...counters].map((each) => each.join(" ")).join("; ") || "no errors counted" };
}

/** Counters of packets that a policy refused. */
const refusals = ["XfrmInTmplMismatch", "XfrmInNoPols", "XfrmInPolBlock"];

/** Where the kernel evaluates policies and gives no reason, for instance when no socket has the port. */
const checksPolicies = /^(__udp[46]_lib_rcv|udpv?6?_queue_rcv|tcp_v[46]_rcv|raw|icmp|ip6?_forward|ip6?_protocol_deliver)/;

/** A policy wants something else than what came. */
export const ipsecPolicy: Check = {
  reasons: ["XFRM_POLICY", "NOT_SPECIFIED"],
  examine({ reason, location }, view) {
    const counters = errorCounters(view);
    const isGiven = reason === "XFRM_POLICY";
    if (!isGiven && !(checksPolicies.test(location ?? "") && refusals.some((name) => counters.has(name)))) return [];
    return [
      {
        id: "ipsec-policy",
        cause: `An IPsec policy does not allow the packet: ${whatWasWrong(counters)}`,
        certainty: isGiven ? "certain" : "possible",
        evidence: present(printed(view, "ip", "xfrm", "policy"), counterEvidence(counters)),
        change: "Correct the policy, or let the sender use IPsec: ip xfrm policy; ip xfrm state",
      },
    ];
  },
};

/** What the counters say, when they say one thing. */
function whatWasWrong(counters: ReadonlyMap<string, number>): string {
  const wrong = [
    counters.has("XfrmInTmplMismatch") ? "it came in clear text, or encrypted in another way than the policy wants" : undefined,
    counters.has("XfrmInPolBlock") ? "a policy has action block" : undefined,
  ].filter((text) => text !== undefined);
  return wrong.length > 0 ? wrong.join("; or ") : "it came in clear text, a policy has action block, or no state matches";
}

/** Where packets end that have no state; kernels give no reason there. */
const withoutState = { out: /^dst_discard/, in: /^xfrm/ } as const;

/** A policy wants IPsec, and there are no keys (states) for it. */
export const ipsecState: Check = {
  reasons: ["NOT_SPECIFIED"],
  examine({ location, packet }, view) {
    const counters = errorCounters(view);
    const isOut = withoutState.out.test(location ?? "") && counters.has("XfrmOutNoStates");
    const isIn = withoutState.in.test(location ?? "") && counters.has("XfrmInNoStates");
    if (!isOut && !isIn) return [];
    const where = packet === undefined ? "" : ` ${packet.source} > ${packet.destination}`;
    return [
      {
        id: "ipsec-state-missing",
        cause: isOut
          ? `An IPsec policy wants${where} encrypted, and no state (SA) is there for it`
          : `No IPsec state (SA) has the SPI of${where}`,
        certainty: isOut ? "certain" : "possible",
        evidence: present(printed(view, "ip", "xfrm", "policy"), printed(view, "ip", "xfrm", "state", "count"), counterEvidence(counters)),
        change:
          "See why the key exchange does not set it up (the log of the IKE daemon); add the state (ip xfrm state), or correct the policy",
      },
    ];
  },
};
