/** Where packets are dropped between the driver and the protocols (net/core/dev.c, net/core/skbuff.c). */
import type { DropLocation } from "../../../core/api/drop-advice.ts";

export const receiveLocations: readonly DropLocation[] = [
  {
    functions: ["__netif_receive_skb_core", "__netif_receive_skb_one_core", "__netif_receive_skb_list_core", "sch_handle_ingress"],
    meaning: "Gives a received packet to packet sockets, tc ingress, bridge or bond, and to the protocol of its EtherType",
    drops: {
      UNHANDLED_PROTO:
        "No protocol takes the EtherType, e.g. LLDP, STP or IPX without a program for it; or the device is an inactive member of a bond",
      TC_INGRESS: "A tc filter or a BPF program on ingress dropped it",
      TC_CHAIN_NOTFOUND: "A tc filter led to a chain that does not exist",
      TC_RECLASSIFY_LOOP: "Filters of tc reclassified it too often",
      PFMEMALLOC: "It lies in the memory reserve and its protocol may not use that",
      NOT_SPECIFIED: "As above, on kernels without the reason",
    },
    steps: [
      "See which protocols have a handler: cat /proc/net/ptype",
      "See filters on ingress: tc filter show dev DEVICE ingress; bpftool net",
      "See the counter of unhandled packets: ip -s -s link show dev DEVICE",
    ],
  },
  {
    functions: ["enqueue_to_backlog", "netif_rx", "netif_rx_internal"],
    meaning: "Queues a received packet for a CPU: loopback, veth, tunnels, and packets spread by RPS",
    drops: {
      CPU_BACKLOG: "The queue holds net.core.netdev_max_backlog packets, or one flow has more than its share (flow limit)",
      DEV_READY: "The device was taken down meanwhile",
    },
    steps: [
      "See drops per CPU in the second column: cat /proc/net/softnet_stat",
      "Raise net.core.netdev_max_backlog, or spread the load (RPS)",
    ],
  },
  {
    functions: ["do_xdp_generic", "generic_xdp_tx", "netif_receive_generic_xdp", "bpf_prog_run_generic_xdp"],
    meaning: "Runs an XDP program in generic mode, on a packet that already has a socket buffer",
    drops: {
      NOT_SPECIFIED: "The program returned XDP_DROP, XDP_ABORTED or an unknown code",
      XDP: "Its redirect failed (Linux 5.18+)",
    },
    steps: [
      "See which program: ip link show dev DEVICE; bpftool net",
      "Native XDP drops before a socket buffer exists, and is seen in counters only: ethtool -S DEVICE",
    ],
  },
  {
    functions: ["net_tx_action", "dev_kfree_skb_any_reason", "__dev_kfree_skb_any", "dev_kfree_skb_irq_reason", "__dev_kfree_skb_irq"],
    meaning: "Frees packets for drivers, which may not do so in interrupts; the stack or the device says for which one",
    drops: {
      NOT_SPECIFIED: "The driver gave it up: no descriptor, mapping of memory failed, link down, malformed for the device, queue emptied",
    },
    steps: [
      "See counters of the driver: ethtool -S DEVICE; ip -s -s link show dev DEVICE",
      "See the device and the caller: retis collect -c skb,skb-drop,dev --stack",
      "See what the driver logs: dmesg",
    ],
  },
  {
    functions: ["skb_queue_purge", "skb_queue_purge_reason", "skb_errqueue_purge", "skb_rbtree_purge"],
    meaning: "Empties a queue: of a socket that is closed, a device that goes down, a neighbour entry that is removed",
    drops: {
      QUEUE_PURGE: "The owner of the queue ends; rarely a fault (Linux 6.6+)",
      SOCKET_CLOSE: "The socket was closed with packets in it (newer kernels)",
      NOT_SPECIFIED: "As above, on kernels before 6.6",
    },
    steps: ["See whose queue: retis collect -c skb,skb-drop --stack", "Nothing, unless an application lost data that it wanted"],
  },
  {
    functions: ["kfree_skb_list_reason", "kfree_skb_list", "rtnl_kfree_skbs"],
    meaning: "Frees a list of packets for its caller, which the stack shows; older kernels report it instead of the caller",
    drops: {
      QDISC_DROP: "The list comes from a queueing discipline that is full",
      NOT_SPECIFIED: "A queueing discipline was reset or replaced, a fragment list was freed, or segmentation failed",
    },
    steps: ["See the caller: retis collect -c skb,skb-drop --stack", "See drops of queues: tc -s qdisc show"],
  },
  {
    functions: ["__dev_forward_skb", "__dev_forward_skb2", "dev_forward_skb", "dev_forward_skb_nomtu"],
    meaning: "Passes a packet to another device of this host: the peer of a veth, a macvlan, a BPF redirect",
    drops: {
      NOT_SPECIFIED: "The receiving device is down, or the packet is longer than its MTU and not segmented by offload",
    },
    steps: ["Compare MTU and state of both devices: ip -d link show", "See the counter rx dropped of the receiver: ip -s link show"],
  },
  {
    functions: ["napi_skb_cache_put", "skb_release_data", "skb_release_head_state"],
    meaning: "Releases the parts of a socket buffer; what dropped the packet is among its callers",
    drops: { NOT_SPECIFIED: "A list of fragments was freed with its packet" },
    steps: ["See the callers: retis collect -c skb,skb-drop --stack"],
  },
  {
    functions: ["skb_gro_receive", "dev_gro_receive", "napi_gro_receive", "gro_pull_from_frag0", "napi_gro_frags"],
    meaning: "Joins received packets of a flow (GRO) before the stack sees them",
    drops: { NOT_SPECIFIED: "The driver passed a frame too short for an Ethernet header" },
    steps: ["See whether it goes away without GRO: ethtool -K DEVICE gro off", "See counters of the driver: ethtool -S DEVICE"],
  },
];
