/** Causes of drops in routing and address validation. */
import { isBroadcast, isMulticast, isOwn } from "../addresses.ts";
import { type Check, transportOf } from "../check.ts";
import type { Evidence, Finding } from "../finding.ts";
import { type HostView, sysctlEvidence } from "../host-view.ts";

/** Reverse path filter: the way back to the source leads elsewhere. */
export const reversePath: Check = {
  reasons: ["IP_RPFILTER"],
  examine({ packet, device }, view) {
    if (packet === undefined || device === undefined) return [];
    const all = "net.ipv4.conf.all.rp_filter";
    const own = `net.ipv4.conf.${device.replaceAll(".", "/")}.rp_filter`;
    const route = routeTo(view, packet.source);
    const other = /\bdev (\S+)/.exec(route.value)?.[1];
    const back = other === undefined ? "nothing routes back" : `the route back uses ${other}`;
    return [
      {
        id: "reverse-path-filter",
        cause: `Packets of ${packet.source} arrive on ${device}, but ${back}: the strict reverse path filter drops them`,
        certainty: "certain",
        evidence: [sysctlEvidence(view, all), sysctlEvidence(view, own), route],
        change: `Add the missing route if ${device} is the right way; if traffic is asymmetric on purpose: sysctl -w ${all}=2 ${own}=2`,
      },
    ];
  },
};

function routeTo(view: HostView, address: string, ...more: readonly string[]): Evidence {
  const argv = ["ip", "route", "get", address, ...more];
  const text = view
    .output(...argv)
    ?.split("\n")[0]
    ?.trim();
  return { source: argv.join(" "), value: text ?? "no route" };
}

/** No route for a packet that should be forwarded or sent, or one that says so. */
export const noRoute: Check = {
  reasons: ["IP_INNOROUTES", "IP_OUTNOROUTES", "NOT_SPECIFIED"],
  examine(group, view) {
    const { packet, device, location } = group;
    if (packet === undefined || isMulticast(packet.destination)) return [];
    if (group.reason === "NOT_SPECIFIED" && location !== undefined && !looksForRoutes.test(location)) return [];
    const from = group.reason === "IP_INNOROUTES" && device !== undefined ? ["from", packet.source, "iif", device] : [];
    const route = routeTo(view, packet.destination, ...from);
    const family = packet.version === 6 ? "-6" : "-4";
    const refusing = refusingRoute(view, family, packet.destination);
    if (refusing !== undefined) return [refusedByRoute(packet.destination, refusing)];
    // Older kernels give no reason for this; then there are too many others.
    if (group.reason === "NOT_SPECIFIED") return [];
    return [
      {
        id: "no-route",
        cause: `No route leads to ${packet.destination}`,
        certainty: route.value === "no route" ? "certain" : "possible",
        evidence: [
          route,
          { source: `ip ${family} route show default`, value: view.output("ip", family, "route", "show", "default")?.trim() || "none" },
        ],
        change: `Add one: ip route add ${packet.destination} via ROUTER, or a default route; see policy rules with: ip rule`,
      },
    ];
  },
};

/** The entry of IPv6 that stands for "no route". */
const kernelsOwn = /^unreachable default .*metric 4294967295\b/;

/** Where the kernel looks for routes and gives no reason. */
const looksForRoutes = /^(dst_discard|ip6?_|__ip6?_)/;

/** A route of a type that refuses packets and matches the destination. */
function refusingRoute(view: HostView, family: string, destination: string): Evidence | undefined {
  const argv = ["ip", family, "route", "show", "table", "all", "match", destination];
  const line = view
    .output(...argv)
    ?.split("\n")
    .find((route) => /^(blackhole|unreachable|prohibit|throw)\b/.test(route) && !kernelsOwn.test(route));
  return line === undefined ? undefined : { source: argv.join(" "), value: line.trim() };
}

function refusedByRoute(destination: string, route: Evidence): Finding {
  return {
    id: "refusing-route",
    cause: `A route of type ${route.value.split(" ")[0]} refuses packets to ${destination}`,
    certainty: "certain",
    evidence: [route],
    change: `Remove it if it is not wanted: ip route del ${route.value.replace(/ (table|metric|proto) .*/, "")}`,
  };
}

/** The host is not a router, but gets packets for others. */
export const notForwarding: Check = {
  reasons: ["IP_INADDRERRORS", "NOT_SPECIFIED", "IP_INNOROUTES"],
  examine(group, view) {
    const { packet, device } = group;
    if (packet === undefined || device === undefined) return [];
    const name = packet.version === 4 ? `net.ipv4.conf.${device.replaceAll(".", "/")}.forwarding` : "net.ipv6.conf.all.forwarding";
    if (isForUs(view, packet.destination)) return [];
    const isOff = view.sysctl(name) === "0";
    if (!isOff && group.reason !== "IP_INADDRERRORS") return [];
    if (group.reason === "NOT_SPECIFIED" && !/forward|ip6?_error|ip_rcv_finish/.test(group.location ?? "ip_error")) return [];
    const global = packet.version === 4 ? "net.ipv4.ip_forward" : name;
    return [
      {
        id: "forwarding-off",
        cause: `The packet is for ${packet.destination}, which is not an address of this host, and forwarding ${isOff ? "is off" : "was off when it came"}`,
        certainty: isOff && group.reason === "IP_INADDRERRORS" ? "certain" : "possible",
        evidence: [sysctlEvidence(view, name), { source: "ip -br address", value: `no ${packet.destination}` }],
        change: `If this host should be a router: sysctl -w ${global}=1; otherwise correct the route or neighbour entry of the sender`,
      },
    ];
  },
};

/** Of this host, or of several. */
function isForUs(view: HostView, address: string): boolean {
  return isOwn(view, address) || isMulticast(address) || isBroadcast(view, address);
}

/** The time to live ran out: a loop, or somebody who counts hops. */
export const timeToLive: Check = {
  reasons: ["IP_INHDR", "NOT_SPECIFIED"],
  examine(group, view) {
    const { packet } = group;
    if (packet === undefined || packet.ttl > 1 || isForUs(view, packet.destination)) return [];
    const route = routeTo(view, packet.destination);
    return [
      {
        id: "ttl-expired",
        cause: `The time to live of packets to ${packet.destination} runs out here: a routing loop, or a traceroute`,
        certainty: "certain",
        evidence: [{ source: "packet", value: `ttl ${packet.ttl}` }, route],
        change: `Follow the path: traceroute ${packet.destination}; if hosts repeat, correct the route that leads back`,
      },
    ];
  },
};

/** Somebody else uses an address of this host, or frames come back. */
export const localSource: Check = {
  reasons: ["IP_LOCAL_SOURCE"],
  examine({ packet, device }, view) {
    if (packet === undefined || device === undefined) return [];
    const name = `net.ipv4.conf.${device.replaceAll(".", "/")}.accept_local`;
    return [
      {
        id: "local-source-address",
        cause: `Packets from ${packet.source}, an address of this host, arrive on ${device}: another host has it too, or the network returns what this host sends`,
        certainty: isOwn(view, packet.source) ? "certain" : "possible",
        evidence: [
          { source: "ip -o address", value: isOwn(view, packet.source) ? `${packet.source} is local` : "not local now" },
          sysctlEvidence(view, name),
        ],
        change: `Remove the second use of the address; if such traffic is wanted: sysctl -w ${name}=1`,
      },
    ];
  },
};

/** 127.0.0.0/8 does not leave or enter a host. */
export const loopbackAddress: Check = {
  reasons: ["IP_LOCALNET", "IP_INVALID_SOURCE", "IP_INVALID_DEST"],
  examine({ packet, device }, view) {
    if (packet === undefined || device === undefined || (!/^127\./.test(`${packet.destination}`) && !/^127\./.test(packet.source)))
      return [];
    const name = `net.ipv4.conf.${device.replaceAll(".", "/")}.route_localnet`;
    return [
      {
        id: "loopback-address-from-outside",
        cause: `A packet from ${packet.source} to ${packet.destination} arrived on ${device}: loopback addresses are not accepted from outside`,
        certainty: "certain",
        evidence: [sysctlEvidence(view, name)],
        change: `Do not send or translate to 127.0.0.0/8; if a DNAT to it is wanted: sysctl -w ${name}=1`,
      },
    ];
  },
};

/** IPv6 is off on the device. */
export const ipv6Disabled: Check = {
  reasons: ["IPV6DISABLED"],
  examine({ device }, view) {
    if (device === undefined) return [];
    const name = `net.ipv6.conf.${device.replaceAll(".", "/")}.disable_ipv6`;
    return [
      {
        id: "ipv6-disabled",
        cause: `IPv6 is disabled on ${device}`,
        certainty: view.sysctl(name) === "1" ? "certain" : "possible",
        evidence: [sysctlEvidence(view, name), sysctlEvidence(view, "net.ipv6.conf.all.disable_ipv6")],
        change: `If IPv6 is wanted: sysctl -w ${name}=0; otherwise nothing`,
      },
    ];
  },
};

/** The packet does not fit into the next link. */
export const tooBig: Check = {
  reasons: ["PKT_TOO_BIG"],
  examine(group, view) {
    const { packet } = group;
    if (packet === undefined) return [];
    const route = routeTo(view, packet.destination);
    const device = /\bdev (\S+)/.exec(route.value)?.[1];
    const mtu = device === undefined ? undefined : /\bmtu (\d+)/.exec(view.output("ip", "link", "show", "dev", device) ?? "")?.[1];
    const transport = transportOf(group) === "tcp" ? "; for TCP, clamp the MSS" : "";
    return [
      {
        id: "mtu-exceeded",
        cause: `Packets of ${packet.length} bytes to ${packet.destination} do not fit the MTU of ${device ?? "the next link"}${mtu === undefined ? "" : `, ${mtu}`}, and must not be fragmented`,
        certainty: mtu !== undefined && packet.length > Number(mtu) ? "certain" : "possible",
        evidence: [
          { source: "packet", value: `${packet.length} bytes${packet.dontFragment ? ", don't fragment" : ""}` },
          route,
          ...(mtu === undefined ? [] : [{ source: `ip link show dev ${device}`, value: `mtu ${mtu}` }]),
        ],
        change: `Raise the MTU where the link allows (ip link set dev ${device ?? "DEVICE"} mtu N), or let ICMP "too big" reach the sender${transport}`,
      },
    ];
  },
};
