/** What drop reasons of Open vSwitch's datapath mean and what to do about them. Meanings follow net/openvswitch/drop.h. */
import type { DropAdvice, DropLocation } from "../../core/api/drop-advice.ts";

const seeFlow = "See the flow and its actions: retis collect -c skb,skb-drop,ovs";
const seeRules = "See the OpenFlow rules: ovs-appctl ofproto/trace BRIDGE FLOW";
const seeLog = "See what ovs-vswitchd says: ovs-appctl coverage/show; its log, ovs-vswitchd.log";

export const ovsDropAdvice: readonly DropAdvice[] = [
  {
    name: "OVS_DROP_LAST_ACTION",
    class: "problem",
    meaning: "The actions of the flow ended without an output: it has none, or its last one does not take the packet",
    causes: ["An OpenFlow rule without actions, which means drop", "A datapath or Open vSwitch without the action drop"],
    steps: [seeFlow, seeRules],
  },
  {
    name: "OVS_DROP_EXPLICIT",
    class: "problem",
    meaning: "The flow says drop",
    causes: ["An OpenFlow rule drops the packet", "No rule matches, and that means drop", "A bridge or port that does not forward"],
    steps: [seeRules, seeFlow],
  },
  {
    name: "OVS_DROP_EXPLICIT_WITH_ERROR",
    class: "problem",
    meaning: "Open vSwitch could not translate the rules for this packet and installed a flow that drops",
    causes: ["Rules that resubmit in a circle or too deep", "A tunnel without a route or a neighbour", "Too many MPLS labels"],
    steps: ["See the number of the error in the action drop: retis collect -c skb,skb-drop,ovs", seeRules, seeLog],
  },
  {
    name: "OVS_DROP_ACTION_ERROR",
    class: "problem",
    meaning: "An action failed",
    causes: ["A packet too short or malformed for the action", "The kernel was short of memory"],
    steps: ["See the action before the drop: retis collect -c skb,skb-drop,ovs"],
  },
  {
    name: "OVS_DROP_METER",
    class: "problem",
    meaning: "The packet exceeded the rate of a meter",
    causes: ["More traffic than the meter allows", "A rate or burst that is too small"],
    steps: ["See the meters: ovs-ofctl -O OpenFlow13 dump-meters BRIDGE; ovs-ofctl -O OpenFlow13 meter-stats BRIDGE", seeFlow],
  },
  {
    name: "OVS_DROP_RECURSION_LIMIT",
    class: "problem",
    meaning: "The packet went through the datapath too many times in one go",
    causes: ["Bridges that are joined in a circle", "Flows that recirculate without end"],
    steps: [seeFlow, seeRules],
  },
  {
    name: "OVS_DROP_DEFERRED_LIMIT",
    class: "problem",
    meaning: "Too many actions of the packet were put off for later",
    causes: ["Flows that clone, sample or recirculate very often for one packet"],
    steps: [seeFlow, seeRules],
  },
  {
    name: "OVS_DROP_FRAG_L2_TOO_LONG",
    class: "problem",
    meaning: "The packet must be fragmented, but the headers before IP are too long to be kept",
    causes: ["Many VLAN tags, MPLS labels or tunnel headers on a packet larger than the MTU"],
    steps: ["Raise the MTU of the output port, or lower that of the senders", seeFlow],
  },
  {
    name: "OVS_DROP_FRAG_INVALID_PROTO",
    class: "problem",
    meaning: "The packet must be fragmented, but it is neither IPv4 nor IPv6",
    causes: ["A packet larger than the MTU of the output port, e.g. with an MPLS label"],
    steps: ["Raise the MTU of the output port, or lower that of the senders", seeFlow],
  },
  {
    name: "OVS_DROP_CONNTRACK",
    class: "problem",
    meaning: "The action ct failed",
    causes: ["The table of connections is full", "A malformed packet or fragment", "No address left for NAT"],
    steps: ["See the size of the table: sysctl net.netfilter.nf_conntrack_max net.netfilter.nf_conntrack_count", seeFlow],
  },
  {
    name: "OVS_DROP_IP_TTL",
    class: "problem",
    meaning: "The action dec_ttl found no hops left",
    causes: ["A routing loop", "A sender that uses a small TTL, like traceroute"],
    steps: ["See the TTL: retis collect -c skb,skb-drop,ovs"],
  },
];

/** Functions of the datapath (net/openvswitch/actions.c, datapath.c, vport.c). Kernels before 6.7 give no reason in them. */
export const ovsDropLocations: readonly DropLocation[] = [
  {
    functions: ["do_execute_actions", "ovs_execute_actions", "clone_execute", "do_output", "execute_dec_ttl"],
    meaning: "Carries out the actions of a flow of Open vSwitch",
    drops: {
      OVS_DROP_LAST_ACTION: "The actions ended without an output",
      OVS_DROP_EXPLICIT: "The flow says drop",
      OVS_DROP_EXPLICIT_WITH_ERROR: "The rules could not be translated, and the flow says drop",
      OVS_DROP_METER: "The packet exceeded the rate of a meter",
      OVS_DROP_ACTION_ERROR: "An action failed",
      DEV_READY: "The port of the output is gone or down (Linux 6.7+)",
      NOT_SPECIFIED: "As above, on kernels before 6.7",
    },
    steps: [seeFlow, seeRules],
  },
  {
    functions: ["ovs_dp_process_packet", "ovs_dp_upcall", "ovs_vport_receive", "netdev_frame_hook", "ovs_vport_send"],
    meaning: "Receives a packet on a port of Open vSwitch and looks up its flow; without one, ovs-vswitchd decides",
    drops: {
      NOT_SPECIFIED: "The upcall failed: ovs-vswitchd does not run or its queue is full; or the packet is longer than the MTU of the port",
      NOMEM: "No memory",
    },
    steps: ["See the counter lost: ovs-dpctl show", seeFlow, seeLog],
  },
];
