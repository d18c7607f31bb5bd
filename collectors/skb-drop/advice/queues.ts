/** Drop reasons of queues: queueing disciplines, the backlog of a CPU, rings. */
import type { DropAdvice } from "../../../core/api/drop-advice.ts";
import { seeDevice } from "./steps.ts";

const seeQueues = "See drops of each queue: tc -s qdisc show dev DEVICE";

export const queuesAdvice: readonly DropAdvice[] = [
  {
    name: "QDISC_DROP",
    class: "problem",
    meaning: "A queueing discipline dropped the packet on transmit",
    causes: [
      "The queue is full: more is sent than the device or a rate limit allows",
      "Active queue management (CoDel, RED), which drops on purpose",
    ],
    steps: ["See drops of each queue: tc -s qdisc show dev DEVICE", "Check rate limits; raise the queue's limit only for bursts"],
  },
  {
    name: "QDISC_OVERLIMIT",
    aliases: ["QDISC_DROP_OVERLIMIT"],
    class: "problem",
    meaning: "The queue of a queueing discipline is full",
    causes: ["More is sent than the device or a rate limit allows"],
    steps: [seeQueues, "Check rate limits; raise the queue's limit only for bursts: tc qdisc change dev DEVICE root ... limit N"],
  },
  {
    name: "QDISC_CONGESTED",
    aliases: ["QDISC_DROP_CONGESTED"],
    class: "normal",
    meaning: "Active queue management (CoDel, PIE, RED) dropped the packet to slow its sender down",
    causes: ["More is sent than the device or a rate limit allows: this is how senders learn it"],
    steps: [seeQueues, "Turn on ECN on both ends to have packets marked instead: sysctl net.ipv4.tcp_ecn"],
  },
  {
    name: "QDISC_BURST_DROP",
    class: "problem",
    meaning: "More packets wait to enter a queueing discipline than net.core.qdisc_max_burst",
    causes: ["Many CPUs send on one queue at once"],
    steps: ["Raise the limit: sysctl net.core.qdisc_max_burst", "Use a device or discipline with several queues (mq)"],
  },
  {
    name: "QDISC_DROP_GENERIC",
    aliases: ["QDISC_DROP_UNSPEC"],
    class: "problem",
    meaning: "A queueing discipline dropped the packet and gives no closer reason",
    causes: ["Its queue is full, or a class or filter of it drops"],
    steps: [seeQueues, "See classes: tc -s class show dev DEVICE"],
  },
  {
    name: "QDISC_DROP_MAXFLOWS",
    class: "problem",
    meaning: "The queueing discipline has no room for another flow",
    causes: ["More flows at once than the discipline (SFQ) keeps apart"],
    steps: [seeQueues, "Raise the number: tc qdisc change dev DEVICE root sfq flows N"],
  },
  {
    name: "CAKE_FLOOD",
    aliases: ["QDISC_DROP_FLOOD_PROTECTION"],
    class: "problem",
    meaning: "The flow does not slow down: the queueing discipline CAKE protects the others from it",
    causes: ["A sender without congestion control, e.g. a UDP flood"],
    steps: [seeQueues, "Find the flow: retis collect -c skb,skb-drop"],
  },
  {
    name: "FQ_BAND_LIMIT",
    aliases: ["QDISC_DROP_BAND_LIMIT"],
    class: "problem",
    meaning: "A priority band of the queueing discipline fq is full",
    causes: ["More is sent with this priority than the device allows"],
    steps: [seeQueues, "Raise the limit: tc qdisc change dev DEVICE root fq limit N"],
  },
  {
    name: "FQ_HORIZON_LIMIT",
    aliases: ["QDISC_DROP_HORIZON_LIMIT"],
    class: "problem",
    meaning: "The packet should be sent later than the horizon of the queueing discipline fq allows",
    causes: ["An application that sets departure times (SO_TXTIME) too far ahead", "The clock was changed"],
    steps: ["See the horizon: tc -s qdisc show dev DEVICE", "Change it: tc qdisc change dev DEVICE root fq horizon 20s"],
  },
  {
    name: "FQ_FLOW_LIMIT",
    aliases: ["QDISC_DROP_FLOW_LIMIT"],
    class: "problem",
    meaning: "One flow has too many packets in the queueing discipline (fq, SFQ)",
    causes: ["A sender without pacing or congestion control"],
    steps: [seeQueues, "Raise the limit: tc qdisc change dev DEVICE root fq flow_limit N"],
  },
  {
    name: "DUALPI2_STEP_DROP",
    aliases: ["QDISC_DROP_L4S_STEP_NON_ECN"],
    class: "normal",
    meaning: "DualPI2 dropped a packet that cannot be marked (no ECN), as the low-latency queue is too slow",
    causes: ["A flow without ECN in the low-latency queue (RFC 9332)"],
    steps: [seeQueues, "Check which traffic is classified as L4S"],
  },
  {
    name: "CPU_BACKLOG",
    class: "problem",
    meaning: "The queue of received packets of a CPU is full",
    causes: ["One CPU gets more than it can process, perhaps all traffic"],
    steps: [
      "See the second column, drops per CPU: cat /proc/net/softnet_stat",
      "Raise net.core.netdev_max_backlog",
      "Spread the load: RSS (ethtool -x) or RPS",
    ],
  },
  {
    name: "FULL_RING",
    class: "problem",
    meaning: "The ring between kernel and reader is full (tun, tap, vhost, packet sockets)",
    causes: ["A virtual machine or program reads too slowly"],
    steps: ["Check how busy the reader is; add queues or CPUs to a virtual machine", seeDevice],
  },
  {
    name: "MACVLAN_BROADCAST_BACKLOG",
    class: "problem",
    meaning: "The queue of a macvlan for broadcast and multicast is full",
    causes: ["More broadcasts than the worker can copy to all macvlans"],
    steps: ["Raise the limit: ip link set DEVICE type macvlan bcqueuelen N", seeDevice],
  },
  {
    name: "IPVLAN_MULTICAST_BACKLOG",
    class: "problem",
    meaning: "The queue of an ipvlan for multicast is full",
    causes: ["More multicast than the worker can copy to all ipvlans"],
    steps: ["Find the sender: retis collect -c skb,skb-drop,dev -e -f multicast"],
  },
];
