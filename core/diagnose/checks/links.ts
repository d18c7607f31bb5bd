/** Causes of drops at devices: state, addresses, bridges, tunnels, checksums. */
import type { Check } from "../check.ts";
import { present, printed } from "../evidence.ts";
import type { Evidence, Finding } from "../finding.ts";
import type { HostView } from "../host-view.ts";

/** Names and flags of a link; undefined when it is gone. */
function linkOf(view: HostView, device: string): Evidence | undefined {
  return printed(view, "ip", "-br", "link", "show", "dev", device);
}

function hasFlag(link: Evidence, flag: string): boolean {
  return (/<(.*)>/.exec(link.value)?.[1] ?? "").split(",").includes(flag);
}

/** What keeps a device from sending and receiving; undefined when it is ready, or gone. */
export function brokenLink(view: HostView, device: string): Finding | undefined {
  const link = linkOf(view, device);
  if (link === undefined) return undefined;
  if (!hasFlag(link, "UP")) {
    return {
      id: "device-down",
      cause: `Device ${device} is down`,
      certainty: "certain",
      evidence: [link],
      change: `ip link set dev ${device} up`,
    };
  }
  if (!hasFlag(link, "NO-CARRIER")) return undefined;
  return {
    id: "no-carrier",
    cause: `Device ${device} is up, but has no carrier: the cable, the switch port or the other end is down`,
    certainty: "certain",
    evidence: [link],
    change: "Check the cable and the switch port; of a veth pair, set the other end up; of a tun or tap device, start its program",
  };
}

/** The device is down, or what it leads to. Without a carrier, packets are dropped in front of it, and neighbours do not answer. */
export const deviceDown: Check = {
  reasons: ["DEV_READY", "QDISC_DROP", "NEIGH_FAILED", "NEIGH_QUEUEFULL", "NOT_SPECIFIED"],
  examine({ device, reason, location }, view) {
    if (device === undefined) return [];
    if (
      reason === "NOT_SPECIFIED" &&
      !/^(__dev_queue_xmit|__dev_xmit_skb|noop_enqueue|tun_net_xmit|tap_queue_xmit|neigh_|arp_)/.test(location ?? "")
    )
      return [];
    const broken = brokenLink(view, device);
    if (broken !== undefined) return [broken];
    if (reason !== "DEV_READY") return [];
    return [
      {
        id: "device-not-ready",
        cause: `Device ${device} was down, or the program that serves it did not have it open`,
        certainty: "possible",
        evidence: present(linkOf(view, device)),
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
    const master = /\bmaster (\S+)/.exec(view.output("ip", "-o", "link", "show", "dev", device) ?? "")?.[1];
    const bridge = master ?? "BRIDGE";
    const broken = master === undefined ? undefined : brokenLink(view, master);
    if (broken?.id === "device-down") {
      return [{ ...broken, id: "bridge-down", cause: `${broken.cause}, so its port ${device} takes nothing` }];
    }
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
