/** Where IPv4 drops (net/ipv4/ip_input.c, ip_forward.c, ip_output.c, ip_fragment.c, route.c, ipmr.c). */
import type { DropLocation } from "../../../core/api/drop-advice.ts";

const seeRoute = "See which route the kernel takes: ip route get DESTINATION from SOURCE iif DEVICE";
const seeCounters = "See counters of IP: nstat -az 'Ip*'";

export const ipLocations: readonly DropLocation[] = [
  {
    functions: ["ip_rcv_core", "ip_rcv", "ip_list_rcv"],
    meaning: "Checks the header of a received IPv4 packet",
    drops: {
      OTHERHOST: "The frame is for another MAC address: a promiscuous device, a hub, an unknown VLAN; normal while capturing",
      IP_CSUM: "The header checksum is wrong",
      IP_INHDR: "Version, header length or total length make no sense",
      PKT_TOO_SMALL: "The packet is shorter than its header says: cut off on the way or by the driver",
      NOT_SPECIFIED: "Memory ran out, or as above on kernels before 5.18",
    },
    steps: [
      seeCounters,
      "See whether the device is promiscuous: ip -d link show dev DEVICE",
      "Check the MTU on the path and offloads: ethtool -k DEVICE",
    ],
  },
  {
    functions: ["ip_rcv_finish_core", "ip_rcv_finish", "ip_sublist_rcv_finish", "ip_list_rcv_finish", "ip_route_input_noref"],
    meaning: "Finds the route of a received IPv4 packet: to this host, onwards, or nowhere",
    drops: {
      IP_RPFILTER: "Reverse path filter: the route back to the source leads through another device, or does not exist",
      UNICAST_IN_L2_MULTICAST: "Unicast packet in a broadcast or multicast frame, and drop_unicast_in_l2_multicast is set",
      IP_INVALID_SOURCE: "The source is a multicast, broadcast or zero address (Linux 6.13+; NOT_SPECIFIED before)",
      IP_LOCAL_SOURCE: "The source is an address of this host (Linux 6.13+; NOT_SPECIFIED before)",
      IP_LOCALNET: "A 127.0.0.0/8 address outside of loopback (Linux 6.13+; NOT_SPECIFIED before)",
      IP_INVALID_DEST: "The destination is not a valid one, e.g. 0.0.0.0/8 from the network (Linux 6.13+; NOT_SPECIFIED before)",
      IP_INADDRERRORS: "The packet is for another host and cannot be forwarded",
      IP_INNOROUTES: "No network on the way is known",
      NOT_SPECIFIED: "Martian address, multicast without a listener, source route option refused, or no memory",
    },
    steps: [
      seeRoute,
      "See the filter: sysctl net.ipv4.conf.all.rp_filter net.ipv4.conf.DEVICE.rp_filter (the greater one holds)",
      "Have martians logged: sysctl net.ipv4.conf.all.log_martians=1; dmesg",
      "See what is joined: ip maddr show dev DEVICE",
    ],
  },
  {
    functions: ["ip_error"],
    meaning: "Answers packets that the routing table makes unreachable",
    drops: {
      IP_INADDRERRORS: "For another host, and forwarding is off, or the route is of type unreachable (InAddrErrors)",
      IP_INNOROUTES: "No route to the destination network (InNoRoutes)",
      NOT_SPECIFIED: "A route of type prohibit, or as above on kernels before 5.19",
    },
    steps: [
      seeRoute,
      "See whether this host forwards: sysctl net.ipv4.ip_forward",
      "Look for routes: ip route show type unreachable; ip rule show",
    ],
  },
  {
    functions: ["ip_forward", "ip_forward_finish"],
    meaning: "Forwards an IPv4 packet to another host",
    drops: {
      IP_INHDR: "The TTL ended: a routing loop, or traceroute at work",
      PKT_TOO_BIG: "Longer than the MTU of the next hop and may not be fragmented (DF)",
      XFRM_POLICY: "An IPsec policy does not allow it",
      NOT_SPECIFIED: "Sent to a multicast or broadcast MAC address, owned by a socket (TPROXY), strict source route, or no memory",
    },
    steps: [
      seeRoute,
      "Compare MTUs: ip link; ip route get DESTINATION",
      "Clamp TCP's segments if ICMP is blocked on the way (MSS clamping)",
    ],
  },
  {
    functions: ["ip_protocol_deliver_rcu", "ip_local_deliver", "ip_local_deliver_finish"],
    meaning: "Gives a packet for this host to its transport protocol",
    drops: {
      IP_NOPROTO: "Nothing takes the IP protocol: no raw socket, module not loaded (GRE, SCTP, OSPF, VRRP …)",
      XFRM_POLICY: "An IPsec policy requires protection that the packet did not have",
      NOMEM: "No memory (newer kernels)",
    },
    steps: ["See raw sockets and their protocols: ss -wlnp", "See IPsec policies and counters: ip xfrm policy; cat /proc/net/xfrm_stat"],
  },
  {
    functions: ["ip_finish_output", "__ip_finish_output", "ip_mc_finish_output", "__cgroup_bpf_run_filter_skb"],
    meaning: "Sends an IPv4 packet: BPF programs of the control group, then segmentation or fragmentation",
    drops: {
      BPF_CGROUP_EGRESS: "A BPF program of the sender's control group rejected it (systemd's IPAddressDeny=, a container runtime)",
      NOT_SPECIFIED: "Software segmentation failed",
    },
    steps: ["List programs of control groups: bpftool cgroup tree", "Check units: systemctl show -p IPAddressDeny -p IPAddressAllow UNIT"],
  },
  {
    functions: ["ip_finish_output2", "ip_output"],
    meaning: "Looks up the neighbour of the next hop and hands the packet to the link layer",
    drops: {
      NEIGH_CREATEFAIL: "No neighbour entry could be made: the table is full (gc_thresh3)",
      NOMEM: "No memory for the link layer header (older kernels: NOT_SPECIFIED)",
    },
    steps: ["Count neighbours: ip -s neigh | wc -l", "Raise net.ipv4.neigh.default.gc_thresh3 if they are that many"],
  },
  {
    functions: ["__ip_queue_xmit", "ip_queue_xmit", "ip_local_out", "__ip_local_out", "ip_send_skb", "ip_push_pending_frames"],
    meaning: "Sends a packet of a local socket over IPv4",
    drops: {
      IP_OUTNOROUTES: "No route to the destination any more",
      NOT_SPECIFIED: "No route, on kernels before 5.18",
    },
    steps: ["See the route: ip route get DESTINATION", "See the counter: nstat -az IpOutNoRoutes"],
  },
  {
    functions: ["ip_do_fragment", "ip_fragment", "ip_finish_output_gso"],
    meaning: "Cuts a packet into fragments of the MTU",
    drops: {
      PKT_TOO_BIG: "May not be fragmented (DF), or a fragment received was larger than this MTU (where the kernel says so)",
      NOT_SPECIFIED: "As above, or no memory",
    },
    steps: ["See the counter: nstat -az IpFragFails", "Compare MTUs along the path: tracepath DESTINATION"],
  },
  {
    functions: [
      "ip_defrag",
      "ip_frag_queue",
      "ip_expire",
      "inet_frag_rbtree_purge",
      "inet_frag_destroy",
      "inet_frag_queue_insert",
      "ip_frag_reinit",
    ],
    meaning: "Puts IPv4 fragments together again",
    drops: {
      FRAG_REASM_TIMEOUT: "Some fragments did not arrive within net.ipv4.ipfrag_time (30 s)",
      FRAG_TOO_FAR: "Fragments of other packets came in between, more than net.ipv4.ipfrag_max_dist",
      DUP_FRAG: "A fragment arrived twice, or overlaps another one",
      NOT_SPECIFIED: "Memory for fragments is used up (ipfrag_high_thresh), a malformed fragment, or as above on kernels before 6.2",
    },
    steps: [
      "See counters of reassembly: nstat -az 'IpReasm*'",
      "Compare memory in use and limit: grep FRAG /proc/net/sockstat; sysctl net.ipv4.ipfrag_high_thresh",
      "Avoid fragments: lower the MTU of the sender, or let path MTU discovery work",
    ],
  },
  {
    functions: [
      "ip_mr_forward",
      "ipmr_queue_xmit",
      "ip_mr_input",
      "ipmr_cache_unresolved",
      "ip6_mr_forward",
      "ip6_mr_input",
      "ip6mr_cache_unresolved",
    ],
    meaning: "Forwards multicast by the routes of a multicast routing daemon",
    drops: { NOT_SPECIFIED: "No multicast route, wrong incoming interface, TTL below the threshold, or too many unresolved entries" },
    steps: ["See multicast routes: ip mroute show", "Check that the daemon runs (pimd, smcroute, FRR)"],
  },
  {
    functions: [
      "ip_tunnel_rcv",
      "ip_tunnel_xmit",
      "ip_md_tunnel_xmit",
      "gre_rcv",
      "ipgre_xmit",
      "erspan_xmit",
      "ipip_rcv",
      "ipip_tunnel_xmit",
      "iptunnel_xmit",
    ],
    meaning: "Sends and receives packets of GRE, IPIP and like tunnels",
    drops: {
      IP_TUNNEL_ECN: "ECN bits of inner and outer header contradict each other (newer kernels)",
      NOT_SPECIFIED:
        "No tunnel has these addresses and key, no route to the remote end, the route leads into the tunnel itself, a sequence number too old",
      NOMEM: "No memory",
    },
    steps: [
      "Compare addresses and keys of both ends: ip -d tunnel show; ip -d link show type gre",
      "See counters: ip -s -s link show dev TUNNEL",
    ],
  },
];
