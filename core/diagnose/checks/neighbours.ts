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

/** The neighbour table is full. One table serves all namespaces. */
export const tableFull: Check = {
  reasons: ["NEIGH_CREATEFAIL"],
  examine({ packet }, view) {
    const isV6 = packet?.version === 6;
    const name = `net.${isV6 ? "ipv6" : "ipv4"}.neigh.default.gc_thresh3`;
    const file = `/proc/net/stat/${isV6 ? "ndisc" : "arp"}_cache`;
    const counters = tableCounters(view.initialFile(file) ?? "");
    const overflows = counters.get("table_fulls");
    const argv = ["ip", isV6 ? "-6" : "-4", "neigh", "show"];
    const lines = (view.output(...argv)?.trim() ?? "").split("\n").filter((line) => line !== "");
    const failed = lines.filter((line) => /FAILED|INCOMPLETE/.test(line)).length;
    return [
      {
        id: "neighbour-table-full",
        cause: "The neighbour table, which all namespaces share, is full: no entry can be made for the next hop",
        certainty: (overflows ?? 0) > 0 ? "certain" : "possible",
        evidence: [
          {
            source: file,
            value:
              overflows === undefined
                ? "not readable"
                : `${counters.get("entries") ?? "?"} entries now; refused ${overflows} times since the host started`,
          },
          { source: argv.join(" "), value: `${lines.length} entries in this namespace, ${failed} of them without an answer` },
          sysctlEvidence(view, name),
        ],
        change: `Look for a scan of a large subnet (ip neigh); for large networks: sysctl -w ${name}=N, and gc_thresh2 and gc_thresh1 below it`,
      },
    ];
  },
};

/** Counters of a neighbour table: a line for each CPU, in hexadecimal, under their names; the number of entries is the same in each. */
function tableCounters(text: string): ReadonlyMap<string, number> {
  const [names = [], ...cpus] = text
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  const values = (at: number) => cpus.map((cpu) => Number.parseInt(cpu[at] ?? "0", 16));
  return new Map(
    names.map((name, at) => [name, name === "entries" ? (values(at)[0] ?? 0) : values(at).reduce((sum, value) => sum + value, 0)]),
  );
}
