/** Causes of drops while the MAC address of the next hop is looked for. */
import type { Check } from "../check.ts";
import type { Evidence } from "../finding.ts";
import { type HostView, sysctlEvidence } from "../host-view.ts";
import { brokenLink } from "./links.ts";

/** The next hop does not answer. */
export const unresolved: Check = {
  reasons: ["NEIGH_FAILED", "NEIGH_QUEUEFULL", "NOT_SPECIFIED"],
  examine({ reason, location, packet }, view) {
    if (packet === undefined) return [];
    if (reason === "NOT_SPECIFIED" && !/neigh|arp|ndisc/.test(location ?? "")) return [];
    const next = nextHop(view, packet.destination);
    // Then the link is the cause.
    if (next.device !== undefined && brokenLink(view, next.device) !== undefined) return [];
    const entry = neighbourEntry(view, next.address);
    const gateway = next.address === packet.destination ? "" : `, the gateway to ${packet.destination}`;
    return [
      {
        id: "neighbour-unresolved",
        cause: `${next.address}${gateway} does not answer ${packet.version === 4 ? "ARP" : "neighbour discovery"} on ${next.device ?? "its link"}`,
        certainty: /FAILED|INCOMPLETE/.test(entry.value) ? "certain" : "possible",
        evidence: [next.evidence, entry],
        change: `Check that ${next.address} is up and in the same network or VLAN; if the address is wrong, correct the route or prefix length`,
      },
    ];
  },
};

function nextHop(view: HostView, destination: string): { address: string; device: string | undefined; evidence: Evidence } {
  const argv = ["ip", "route", "get", destination];
  const route =
    view
      .output(...argv)
      ?.split("\n")[0]
      ?.trim() ?? "no route";
  return {
    address: /\bvia (\S+)/.exec(route)?.[1] ?? destination,
    device: /\bdev (\S+)/.exec(route)?.[1],
    evidence: { source: argv.join(" "), value: route },
  };
}

function neighbourEntry(view: HostView, address: string): Evidence {
  const argv = ["ip", "neigh", "show", address];
  return { source: argv.join(" "), value: view.output(...argv)?.trim() || "no entry" };
}

/** The neighbour table is full. */
export const tableFull: Check = {
  reasons: ["NEIGH_CREATEFAIL"],
  examine({ packet }, view) {
    const family = packet?.version === 6 ? "ipv6" : "ipv4";
    const name = `net.${family}.neigh.default.gc_thresh3`;
    const entries = view
      .output("ip", family === "ipv6" ? "-6" : "-4", "neigh")
      ?.trim()
      .split("\n").length;
    return [
      {
        id: "neighbour-table-full",
        cause: "The neighbour table is full: no entry can be made for the next hop",
        certainty: entries !== undefined && entries >= Number(view.sysctl(name)) ? "certain" : "possible",
        evidence: [{ source: "ip neigh", value: `${entries ?? "?"} entries in this namespace` }, sysctlEvidence(view, name)],
        change: `Raise net.${family}.neigh.default.gc_thresh1, 2 and 3; look for a scan of a large subnet`,
      },
    ];
  },
};
