/** Causes of drops at devices: state, addresses, bridges, tunnels, queues, checksums. */
import type { Check } from "../check.ts";
import type { Evidence } from "../finding.ts";
import { type HostView, sysctlEvidence } from "../host-view.ts";

/** What a command prints, in one line; undefined when it prints nothing. */
function printed(view: HostView, ...argv: readonly string[]): Evidence | undefined {
  const text = view
    .output(...argv)
    ?.trim()
    .replace(/\s*\n\s*/g, "; ");
  return text ? { source: argv.join(" "), value: text.length > 300 ? `${text.slice(0, 300)}...` : text } : undefined;
}

function present(...evidence: readonly (Evidence | undefined)[]): readonly Evidence[] {
  return evidence.filter((each) => each !== undefined);
}

/** The device is down. */
export const deviceDown: Check = {
  reasons: ["DEV_READY"],
  examine({ device }, view) {
    if (device === undefined) return [];
    const link = printed(view, "ip", "-br", "link", "show", "dev", device);
    return [
      {
        id: "device-not-ready",
        cause: `Device ${device} is down, or the program that serves it does not have it open`,
        certainty: link !== undefined && /\bDOWN\b/.test(link.value) ? "certain" : "possible",
        evidence: present(link),
        change: `ip link set dev ${device} up; of a tun or tap device, start its program`,
      },
    ];
  },
};

/** Frames for the MAC address of somebody else. */
export const otherHost: Check = {
  reasons: ["OTHERHOST"],
  examine({ device }, view) {
    if (device === undefined) return [];
    const link = printed(view, "ip", "-d", "link", "show", "dev", device);
    const promiscuous = Number(/promiscuity (\d+)/.exec(link?.value ?? "")?.[1] ?? 0) > 0;
    const cause = promiscuous
      ? `${device} is promiscuous (a capture or bridge), so it sees frames for other hosts: harmless`
      : `Frames for another MAC address arrive on ${device}: the sender has a wrong neighbour entry, or the switch floods`;
    return [
      {
        id: promiscuous ? "promiscuous-device" : "wrong-mac-address",
        cause,
        certainty: promiscuous ? "possible" : "certain",
        evidence: present(link),
        change: promiscuous
          ? "Nothing, or end the capture"
          : "Compare the MAC address of the frame (retis collect -e) with the device's; correct the sender's entry: ip neigh",
      },
    ];
  },
};

/** A queueing discipline drops. */
export const queueingDiscipline: Check = {
  reasons: [
    "QDISC_DROP",
    "QDISC_OVERLIMIT",
    "QDISC_CONGESTED",
    "FQ_FLOW_LIMIT",
    "FQ_BAND_LIMIT",
    "CAKE_FLOOD",
    "qdisc/QDISC_DROP_OVERLIMIT",
    "qdisc/QDISC_DROP_GENERIC",
    "qdisc/QDISC_DROP_CONGESTED",
    "qdisc/QDISC_DROP_FLOW_LIMIT",
  ],
  examine({ device }, view) {
    const argv = ["tc", "-s", "qdisc", "show", ...(device === undefined ? [] : ["dev", device])];
    const dropping = (view.output(...argv) ?? "").split(/\n(?=qdisc )/).filter((text) => /dropped [1-9]/.test(text));
    const [first] = dropping;
    const kind = /^qdisc (\S+)/.exec(first ?? "")?.[1];
    return [
      {
        id: "queue-full",
        cause: `More is sent on ${device ?? "a device"} than its queueing discipline${kind === undefined ? "" : ` ${kind}`} passes on`,
        certainty: dropping.length === 1 ? "certain" : "possible",
        evidence: dropping.map((text) => ({ source: argv.join(" "), value: text.trim().replace(/\s*\n\s*/g, "; ") })),
        change: `Raise the rate or limit of the discipline: tc qdisc change dev ${device ?? "DEVICE"} ...; or send less`,
      },
    ];
  },
};

/** A CPU cannot keep up with what arrives. */
export const cpuBacklog: Check = {
  reasons: ["CPU_BACKLOG"],
  examine(_, view) {
    const lines = (view.file("/proc/net/softnet_stat") ?? "").trim().split("\n");
    const drops = lines.map((line) => Number.parseInt(line.trim().split(/\s+/)[1] ?? "0", 16));
    return [
      {
        id: "cpu-backlog-full",
        cause: "A CPU gets more packets than it can process: its backlog is full",
        certainty: "certain",
        evidence: [
          { source: "/proc/net/softnet_stat", value: `dropped by CPU: ${drops.join(", ")}` },
          sysctlEvidence(view, "net.core.netdev_max_backlog"),
        ],
        change:
          "For bursts: sysctl -w net.core.netdev_max_backlog=N; otherwise spread the load over CPUs (RSS: ethtool -X, or RPS: rps_cpus)",
      },
    ];
  },
};

/** Checksums are wrong. */
export const checksum: Check = {
  reasons: ["TCP_CSUM", "UDP_CSUM", "IP_CSUM", "ICMP_CSUM", "SKB_CSUM"],
  examine({ device, reason }, view) {
    if (device === undefined) return [];
    const offloads = printed(view, "ethtool", "-k", device)
      ?.value.split("; ")
      .filter((text) => /^(rx|tx)-checksumming/.test(text))
      .join(", ");
    const counter = { TCP_CSUM: "TcpInCsumErrors", UDP_CSUM: "UdpInCsumErrors", ICMP_CSUM: "IcmpInCsumErrors" }[reason];
    const counted =
      counter === undefined ? undefined : /(\S+)\s+(\d+)/.exec(view.output("nstat", "-asz", counter)?.split("\n").at(-2) ?? "");
    return [
      {
        id: "bad-checksum",
        cause: `Packets with a wrong checksum arrive on ${device}: damaged on the way, or a sender leaves checksums to a device that does not compute them`,
        certainty: "possible",
        evidence: present(
          offloads === undefined ? undefined : { source: `ethtool -k ${device}`, value: offloads },
          counted ? { source: `nstat -az ${counter}`, value: counted[2]! } : undefined,
        ),
        change: `On virtual networks, turn the offload off at the sender: ethtool -K DEVICE tx off; otherwise look for errors of cable and card: ethtool -S ${device}`,
      },
    ];
  },
};

/** Where programs of XDP in generic mode, and those of veth, drop without a reason. */
const xdpFunctions = /^(do_xdp_generic|netif_receive_generic_xdp|bpf_prog_run_generic_xdp|veth_xdp_rcv_skb)$/;

/** Traffic control filters, XDP and cgroup programs. */
export const programs: Check = {
  reasons: ["TC_INGRESS", "TC_EGRESS", "XDP", "BPF_CGROUP_EGRESS", "NOT_SPECIFIED"],
  examine({ reason, device, location }, view) {
    if (reason === "NOT_SPECIFIED" && !xdpFunctions.test(location ?? "")) return [];
    if (reason === "BPF_CGROUP_EGRESS") return [cgroupProgram(view)];
    if (device === undefined) return [];
    if (reason === "XDP" || reason === "NOT_SPECIFIED") {
      const link = printed(view, "ip", "-d", "link", "show", "dev", device);
      return [
        {
          id: "xdp-program",
          cause: `The XDP program of ${device} drops it`,
          certainty: link !== undefined && /\bxdp/.test(link.value) ? "certain" : "possible",
          evidence: present(link),
          change: `Change the program, or detach it: ip link set dev ${device} xdp off`,
        },
      ];
    }
    const direction = reason === "TC_INGRESS" ? "ingress" : "egress";
    const filters = printed(view, "tc", "-s", "filter", "show", "dev", device, direction);
    return [
      {
        id: "traffic-control-filter",
        cause: `A traffic control filter of ${device} (${direction}) drops it`,
        certainty: filters === undefined ? "possible" : "certain",
        evidence: present(filters),
        change: `Change the filter, or remove it: tc filter del dev ${device} ${direction}`,
      },
    ];
  },
};

function cgroupProgram(view: HostView) {
  return {
    id: "cgroup-program",
    cause: "A BPF program of the sender's cgroup drops it, for instance IPAddressDeny= of a systemd unit",
    certainty: "certain",
    evidence: present(printed(view, "bpftool", "cgroup", "tree")),
    change: "Change the setting of the unit (systemctl show -p IPAddressDeny UNIT) or of the container runtime",
  } as const;
}

/** IPsec wants something else than what came. */
export const ipsecPolicy: Check = {
  reasons: ["XFRM_POLICY"],
  examine(_, view) {
    const stat = (view.file("/proc/net/xfrm_stat") ?? "").split("\n").filter((line) => /\s[1-9]\d*$/.test(line));
    return [
      {
        id: "ipsec-policy",
        cause: "An IPsec policy does not allow the packet: it came in clear text, or no state matches",
        certainty: "certain",
        evidence: present(printed(view, "ip", "xfrm", "policy"), {
          source: "/proc/net/xfrm_stat",
          value: stat.map((line) => line.trim().replace(/\s+/, " ")).join("; ") || "no errors counted",
        }),
        change: "Correct the policy or set up the missing state: ip xfrm policy; ip xfrm state",
      },
    ];
  },
};

/** No VXLAN device for the network id. */
export const unknownVni: Check = {
  reasons: ["VXLAN_VNI_NOT_FOUND"],
  examine(_, view) {
    const devices = view.output("ip", "-d", "link", "show", "type", "vxlan") ?? "";
    const ids = [...devices.matchAll(/vxlan id (\d+)/g)].map(([, id]) => id);
    return [
      {
        id: "unknown-vni",
        cause: "No VXLAN device of this namespace has the network id of the packet",
        certainty: "certain",
        evidence: [{ source: "ip -d link show type vxlan", value: `ids here: ${ids.join(", ") || "none"}` }],
        change: "Use the same id on both ends, or add the device: ip link add ... type vxlan id ID",
      },
    ];
  },
};

/** A bridge port that does not forward. */
export const bridgePort: Check = {
  reasons: ["BRIDGE_INGRESS_STP_STATE"],
  examine({ device }, view) {
    if (device === undefined) return [];
    const port = printed(view, "bridge", "link", "show", "dev", device);
    const bridge = /\bmaster (\S+)/.exec(port?.value ?? "")?.[1] ?? "BRIDGE";
    return [
      {
        id: "bridge-port-blocked",
        cause: `Bridge port ${device} does not forward in its spanning tree state`,
        certainty: /state (blocking|listening|learning|disabled)/.test(port?.value ?? "") ? "certain" : "possible",
        evidence: present(port),
        change: `Wait for spanning tree (30 s); where no loop is possible, turn it off: ip link set ${bridge} type bridge stp_state 0, then ip link set ${device} down, and up`,
      },
    ];
  },
};

/** Fragments that do not complete a packet. */
export const fragments: Check = {
  reasons: ["FRAG_REASM_TIMEOUT", "DUP_FRAG", "FRAG_TOO_FAR"],
  examine({ packet }, view) {
    if (packet === undefined) return [];
    return [
      {
        id: "fragments-incomplete",
        cause: `Not all fragments of packets from ${packet.source} arrive in time`,
        certainty: "possible",
        evidence: [sysctlEvidence(view, packet.version === 6 ? "net.ipv6.ip6frag_time" : "net.ipv4.ipfrag_time")],
        change: "Find where fragments are filtered or lost (retis collect on the path); avoid them: lower the MTU of the sender or tunnel",
      },
    ];
  },
};
