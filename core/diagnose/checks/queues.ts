/** Causes of drops in queues: of devices that send, of CPUs that receive. */
import type { Check } from "../check.ts";
import { sysctlEvidence } from "../host-view.ts";
import { brokenLink } from "./links.ts";

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
    if (device !== undefined && brokenLink(view, device) !== undefined) return [];
    const argv = ["tc", "-s", "qdisc", "show", ...(device === undefined ? [] : ["dev", device])];
    const dropping = (view.output(...argv) ?? "").split(/\n(?=qdisc )/).filter((text) => /dropped [1-9]/.test(text));
    const [first] = dropping;
    const kind = /^qdisc (\S+)/.exec(first ?? "")?.[1];
    return [
      {
        id: "queue-full",
        cause: `More is sent on ${device ?? "a device"} than its queueing discipline${kind === undefined ? "" : ` ${kind}`} passes on`,
        certainty: dropping.length === 1 ? "certain" : "possible",
        evidence:
          dropping.length === 0
            ? [{ source: argv.join(" "), value: "no drops counted" }]
            : dropping.map((text) => ({ source: argv.join(" "), value: text.trim().replace(/\s*\n\s*/g, "; ") })),
        change: `Raise the rate or limit of the discipline: tc qdisc change dev ${device ?? "DEVICE"} ...; or send less`,
      },
    ];
  },
};

/** Columns of /proc/net/softnet_stat (net/core/net-procfs.c), hexadecimal. */
const softnet = { dropped: 1, flowLimit: 10 } as const;

/** A CPU cannot keep up with what arrives. */
export const cpuBacklog: Check = {
  reasons: ["CPU_BACKLOG"],
  examine(_, view) {
    const file = "/proc/net/softnet_stat";
    const lines = (view.file(file) ?? "")
      .trim()
      .split("\n")
      .map((line) => line.trim().split(/\s+/));
    const drops = lines.map((columns) => Number.parseInt(columns[softnet.dropped] ?? "0", 16));
    const limited = lines.reduce((sum, columns) => sum + Number.parseInt(columns[softnet.flowLimit] ?? "0", 16), 0);
    const flowLimit =
      limited === 0 ? [] : [{ source: file, value: `of large flows (net.core.flow_limit_cpu_bitmap) before it was full: ${limited}` }];
    return [
      {
        id: "cpu-backlog-full",
        cause: "A CPU gets more packets than it can process: its backlog is full",
        certainty: drops.some((count) => count > 0) && limited === 0 ? "certain" : "possible",
        evidence: [
          { source: file, value: `dropped by CPU since the host started: ${drops.join(", ")}` },
          ...flowLimit,
          sysctlEvidence(view, "net.core.netdev_max_backlog"),
        ],
        change:
          "For bursts: sysctl -w net.core.netdev_max_backlog=N; otherwise spread the load over CPUs (RSS: ethtool -X, or RPS: rps_cpus)",
      },
    ];
  },
};
