/** Causes of drops by programs: filters of sockets and of traffic control, XDP, control groups. */
import type { Check } from "../check.ts";
import { present, printed } from "../evidence.ts";
import type { Finding } from "../finding.ts";
import type { HostView } from "../host-view.ts";

/** Where programs of XDP in generic mode, and those of veth, drop without a reason. */
const xdpFunctions = /^(do_xdp_generic|netif_receive_generic_xdp|bpf_prog_run_generic_xdp|veth_xdp_rcv_skb)$/;

/** Traffic control filters, XDP and cgroup programs. */
export const programs: Check = {
  reasons: ["TC_INGRESS", "TC_EGRESS", "XDP", "BPF_CGROUP_EGRESS", "NOT_SPECIFIED"],
  examine({ reason, device, location }, view) {
    if (reason === "NOT_SPECIFIED" && !xdpFunctions.test(location ?? "")) return [];
    if (reason === "BPF_CGROUP_EGRESS") return [cgroupProgram(view, "egress")];
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

/** A program of the control group of a socket. */
function cgroupProgram(view: HostView, direction: "ingress" | "egress"): Finding {
  const groups = view.cgroupsWithPrograms(direction);
  const whose = direction === "egress" ? "sender's" : "receiver's";
  const shown = groups === undefined ? "not readable" : groups.length === 0 ? "none now" : groups.slice(0, 8).join(", ");
  const more = (groups?.length ?? 0) > 8 ? ` and ${groups!.length - 8} more` : "";
  return {
    id: "cgroup-program",
    cause: `A BPF program of the ${whose} control group drops it, for instance IPAddressDeny= of a systemd unit`,
    certainty: direction === "egress" ? "certain" : "possible",
    evidence: [{ source: `control groups with ${direction} programs (bpftool cgroup tree)`, value: `${shown}${more}` }],
    change: "Change the setting of the unit (systemctl show -p IPAddressDeny UNIT) or of the container runtime",
  };
}

/** The filter of a socket, or the program of its control group: the kernel gives the same reason for both. */
export const socketFilter: Check = {
  reasons: ["SOCKET_FILTER"],
  examine(group, view) {
    const isPossible = view.cgroupsWithPrograms("ingress")?.length !== 0;
    return [
      {
        id: "socket-filter",
        cause: "A BPF filter that the application attached to its socket rejects the packet",
        certainty: isPossible ? "possible" : "certain",
        evidence: [
          { source: "drop reason", value: group.reason },
          ...(isPossible ? [] : [{ source: "control groups with ingress programs (bpftool cgroup tree)", value: "none" }]),
        ],
        change: "Nothing if the application wants it so; otherwise change its filter (ss -0 -b shows those of packet sockets)",
      },
      ...(isPossible ? [cgroupProgram(view, "ingress")] : []),
    ];
  },
};
