/** Where virtual devices drop (drivers/net, net/bridge, net/8021q). */
import type { DropLocation } from "../../../core/api/drop-advice.ts";

const seeLink = "See counters: ip -s -s link show dev DEVICE";

export const deviceLocations: readonly DropLocation[] = [
  {
    functions: ["veth_xmit", "veth_xdp_rcv_skb", "veth_xdp_rcv", "veth_poll", "veth_forward_skb"],
    meaning: "Passes packets to the other end of a veth, in another namespace or container",
    drops: {
      NOT_SPECIFIED: "The other end is down or gone, its MTU is smaller, its ring is full, or its XDP program dropped the packet",
    },
    steps: ["See the other end: ip -d link show dev DEVICE; ip netns", "Check that both are up and have the same MTU", seeLink],
  },
  {
    functions: ["tun_net_xmit", "tap_handle_frame", "tap_queue_xmit"],
    meaning: "Gives a packet to the program of a tun or tap device: a VPN, a virtual machine (vhost)",
    drops: {
      DEV_READY: "No program has the device open",
      FULL_RING: "The program reads too slowly: its ring is full (txqueuelen)",
      TAP_FILTER: "The BPF filter of the device rejected it",
      TAP_TXFILTER: "The MAC filter of the device rejected it",
      SKB_GSO_SEG: "Segmentation for the program failed",
      NOMEM: "No memory",
      NOT_SPECIFIED: "As above, on kernels before 5.18",
    },
    steps: ["See which program has it open: ip -d tuntap; lsof /dev/net/tun", "Raise the ring: ip link set DEVICE txqueuelen N", seeLink],
  },
  {
    functions: ["tun_get_user", "tun_build_skb", "tun_chr_write_iter", "tun_sendmsg", "tap_get_user", "tap_get_user_xdp", "tun_xdp_one"],
    meaning: "Takes a packet from the program of a tun or tap device",
    drops: {
      SKB_UCOPY_FAULT: "The memory of the program could not be read",
      HDR_TRUNC: "Too short for its header",
      NOMEM: "No memory",
      DEV_READY: "The device is down",
      DEV_HDR: "The offload header of the program is not valid",
      XDP: "An XDP program dropped it",
      SOCKET_FILTER: "A filter rejected it",
      NOT_SPECIFIED: "As above, on kernels before 5.18, or neither IPv4 nor IPv6 on a tun device",
    },
    steps: [
      "Check that the device is up: ip link show dev DEVICE",
      "See errors of the program: strace -e trace=write,writev,sendmsg -p PID",
      seeLink,
    ],
  },
  {
    functions: ["br_handle_frame", "br_handle_frame_finish", "br_pass_frame_up", "nf_hook_bridge_pre"],
    meaning: "Receives a frame on a port of a bridge and decides where to forward it",
    drops: {
      MAC_INVALID_SOURCE: "The source MAC address is multicast or zero (newer kernels)",
      BRIDGE_INGRESS_STP_STATE: "The port does not forward in its spanning tree state (newer kernels)",
      MAC_IEEE_MAC_CONTROL: "A pause frame or the like, which bridges do not forward: normal (newer kernels)",
      LOCAL_MAC: "The source is a MAC address of the bridge itself: a loop (newer kernels)",
      NOT_SPECIFIED: "As above, or VLAN filtering, a locked port, or port isolation",
    },
    steps: ["See ports and states: bridge -d link show", "See VLANs: bridge vlan show", "See learned addresses: bridge fdb show br BRIDGE"],
  },
  {
    functions: [
      "br_forward",
      "__br_forward",
      "br_dev_queue_push_xmit",
      "br_flood",
      "br_multicast_flood",
      "br_forward_finish",
      "br_dev_xmit",
      "br_do_proxy_suppress_arp",
    ],
    meaning: "Sends a frame out of ports of a bridge",
    drops: {
      NO_TX_TARGET: "No port may get it: none is up and forwarding, or flooding is off (newer kernels)",
      NOT_SPECIFIED: "As above, or longer than the MTU of the port, or VLAN filtering; a bridge without other ports: normal",
    },
    steps: ["See ports, states and flags: bridge -d link show", "Compare MTUs: ip link show master BRIDGE", "See VLANs: bridge vlan show"],
  },
  {
    functions: ["br_nf_pre_routing", "br_nf_pre_routing_finish", "br_nf_forward_ip", "br_nf_forward_finish", "ebt_do_table"],
    meaning: "Passes bridged packets through netfilter (br_netfilter, ebtables)",
    drops: { NETFILTER_DROP: "A rule dropped it", NOT_SPECIFIED: "Malformed headers, or fragmentation failed" },
    steps: [
      "See whether iptables sees bridged packets: sysctl net.bridge.bridge-nf-call-iptables",
      "See rules: ebtables-save; nft list ruleset",
    ],
  },
  {
    functions: [
      "bond_start_xmit",
      "__bond_start_xmit",
      "bond_tx_drop",
      "bond_xmit_roundrobin",
      "bond_xmit_activebackup",
      "bond_3ad_xor_xmit",
      "bond_xmit_broadcast",
      "bond_handle_frame",
    ],
    meaning: "Sends packets through a member of a bond",
    drops: {
      NO_TX_TARGET: "No member is active (newer kernels)",
      NOT_SPECIFIED: "As above; frames received on an inactive member are dropped at __netif_receive_skb_core",
    },
    steps: ["See members and link state: cat /proc/net/bonding/BOND", "Check the LACP partner if the mode is 802.3ad"],
  },
  {
    functions: [
      "macvlan_start_xmit",
      "macvlan_queue_xmit",
      "macvlan_handle_frame",
      "macvlan_broadcast_enqueue",
      "macvlan_process_broadcast",
      "ipvlan_queue_xmit",
      "ipvlan_handle_frame",
      "ipvlan_multicast_enqueue",
      "ipvlan_process_outbound",
    ],
    meaning: "Passes packets between macvlan or ipvlan devices and the device below",
    drops: {
      MACVLAN_BROADCAST_BACKLOG: "More broadcasts than the worker can copy (newer kernels)",
      IPVLAN_MULTICAST_BACKLOG: "More multicast than the worker can copy (newer kernels)",
      NOT_SPECIFIED: "As above, mode private or vepa forbids it, the device is down, or no route (ipvlan mode l3)",
    },
    steps: ["See the mode: ip -d link show dev DEVICE", "Raise the queue of broadcasts: ip link set DEVICE type macvlan bcqueuelen N"],
  },
  {
    functions: ["vxlan_rcv", "vxlan_err_lookup", "vxlan_gro_receive"],
    meaning: "Receives VXLAN packets and unpacks them",
    drops: {
      VXLAN_INVALID_HDR: "No valid VXLAN header, or flags that the device does not take (Linux 6.12+)",
      VXLAN_VNI_NOT_FOUND: "No VXLAN device has this VNI (Linux 6.12+)",
      VXLAN_ENTRY_EXISTS: "The source MAC address is known at another remote and may not move (Linux 6.12+)",
      MAC_INVALID_SOURCE: "The inner source MAC address is invalid (Linux 6.12+)",
      LOCAL_MAC: "The inner source is the MAC address of the device itself: a loop (Linux 6.12+)",
      IP_TUNNEL_ECN: "ECN bits of inner and outer header contradict each other (Linux 6.12+)",
      NOMEM: "No memory",
      NOT_SPECIFIED: "As above, on kernels before 6.12",
    },
    steps: [
      "See VNI and port: ip -d link show type vxlan",
      "See learned remotes: bridge fdb show dev DEVICE",
      "Check that both ends use the same port (4789 or 8472)",
    ],
  },
  {
    functions: ["vxlan_xmit", "vxlan_xmit_one", "vxlan_xmit_nh", "vxlan_encap_bypass", "geneve_xmit", "geneve_rx", "geneve_udp_encap_recv"],
    meaning: "Packs packets into VXLAN or Geneve and sends them to the remote",
    drops: {
      NO_TX_TARGET: "The MAC address has neither a remote nor a default one (newer kernels)",
      TUNNEL_TXINFO: "A device in external mode got a packet without tunnel metadata (newer kernels)",
      NOMEM: "No memory",
      NOT_SPECIFIED: "As above, no route to the remote, or longer than the MTU allows",
    },
    steps: [
      "See remotes: bridge fdb show dev DEVICE",
      "See the route: ip route get REMOTE",
      "Leave 50 bytes for the tunnel: ip link set DEVICE mtu N",
    ],
  },
  {
    functions: ["vlan_dev_hard_start_xmit", "vlan_do_receive", "skb_vlan_untag"],
    meaning: "Adds and removes VLAN tags",
    drops: {
      NOT_SPECIFIED: "No memory; a tag without a device of its VLAN makes the packet one for another host: OTHERHOST at ip_rcv_core",
    },
    steps: ["See VLAN devices: ip -d link show type vlan"],
  },
];
