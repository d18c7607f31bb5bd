/** Where IPv6 drops (net/ipv6/ip6_input.c, ip6_output.c, route.c, exthdrs.c, reassembly.c, icmp.c, ndisc.c). */
import type { DropLocation } from "../../../core/api/drop-advice.ts";

const seeRoute = "See which route the kernel takes: ip -6 route get DESTINATION";

export const ipv6Locations: readonly DropLocation[] = [
  {
    functions: ["ip6_rcv_core", "ipv6_rcv", "ipv6_list_rcv"],
    meaning: "Checks the header of a received IPv6 packet",
    drops: {
      OTHERHOST: "The frame is for another MAC address; normal while capturing",
      IPV6DISABLED: "IPv6 is off on the device (disable_ipv6)",
      IP_INHDR: "A header that makes no sense, or loopback and multicast addresses where they may not be",
      PKT_TOO_SMALL: "Shorter than its header says",
      UNICAST_IN_L2_MULTICAST: "Unicast packet in a multicast frame, and drop_unicast_in_l2_multicast is set",
      NOT_SPECIFIED: "No memory, or as above on kernels before 5.18",
    },
    steps: ["See whether IPv6 is off: sysctl net.ipv6.conf.DEVICE.disable_ipv6", "See counters: nstat -az 'Ip6In*'"],
  },
  {
    functions: ["ip6_protocol_deliver_rcu", "ip6_input", "ip6_input_finish"],
    meaning: "Walks the extension headers of a packet for this host and gives it to its transport protocol",
    drops: {
      IP_NOPROTO: "Nothing takes the next header: no raw socket, module not loaded",
      XFRM_POLICY: "An IPsec policy requires protection that the packet did not have",
      IPV6_BAD_EXTHDR: "A malformed extension header",
      IPV6_TOO_MANY_EXTHDRS: "More extension headers than are allowed (newer kernels)",
      NOT_SPECIFIED: "Multicast that no socket joined, or malformed",
    },
    steps: ["See raw sockets: ss -6 -wlnp", "See IPsec policies and counters: ip -6 xfrm policy; cat /proc/net/xfrm_stat"],
  },
  {
    functions: ["ip6_mc_input"],
    meaning: "Decides whether a received multicast packet is for this host, forwarded, or neither",
    drops: { NOT_SPECIFIED: "Nothing on this host joined the group: normal", IP_INVALID_DEST: "As above (where the kernel says so)" },
    steps: ["See joined groups: ip -6 maddr show dev DEVICE", "Nothing, unless an application should receive it"],
  },
  {
    functions: ["ip6_forward"],
    meaning: "Forwards an IPv6 packet to another host",
    drops: {
      IP_INHDR: "The hop limit ended: a routing loop, or traceroute at work",
      PKT_TOO_BIG: "Longer than the MTU of the next hop: routers do not fragment IPv6",
      XFRM_POLICY: "An IPsec policy does not allow it",
      IP_INADDRERRORS: "A source that may not be forwarded, e.g. link-local or loopback",
      NOT_SPECIFIED: "Forwarding is off, sent to a multicast MAC address, or owned by a socket",
    },
    steps: [
      "See whether this host forwards: sysctl net.ipv6.conf.all.forwarding",
      seeRoute,
      "Let ICMPv6 packet-too-big messages through all firewalls",
    ],
  },
  {
    functions: ["ip6_pkt_drop", "ip6_pkt_discard", "ip6_pkt_discard_out", "ip6_pkt_prohibit", "ip6_pkt_prohibit_out"],
    meaning: "Ends packets whose IPv6 route is missing, unreachable or prohibited",
    drops: {
      IP_INNOROUTES: "No route for a received packet",
      IP_OUTNOROUTES: "No route for a packet of this host",
      IP_INADDRERRORS: "The destination is the address ::",
      NOT_SPECIFIED: "A prohibit or blackhole route, or as above on kernels before 5.19",
    },
    steps: [
      seeRoute,
      "Look for such routes: ip -6 route show table all | grep -E 'unreachable|prohibit|blackhole'",
      "See rules: ip -6 rule show",
    ],
  },
  {
    functions: ["ip6_finish_output", "__ip6_finish_output", "ip6_output"],
    meaning: "Sends an IPv6 packet",
    drops: {
      BPF_CGROUP_EGRESS: "A BPF program of the sender's control group rejected it",
      IPV6DISABLED: "IPv6 is off on the device (disable_ipv6)",
    },
    steps: ["See whether IPv6 is off: sysctl net.ipv6.conf.DEVICE.disable_ipv6", "List programs of control groups: bpftool cgroup tree"],
  },
  {
    functions: ["ip6_finish_output2"],
    meaning: "Looks up the neighbour of the next hop and hands the packet to the link layer",
    drops: {
      NEIGH_CREATEFAIL: "No neighbour entry could be made: the table is full (gc_thresh3)",
      NOT_SPECIFIED: "Multicast that must not leave the host (hop limit 0 or interface-local scope), or no memory",
    },
    steps: ["Count neighbours: ip -6 -s neigh | wc -l", "Raise net.ipv6.neigh.default.gc_thresh3 if they are that many"],
  },
  {
    functions: ["ip6_xmit", "ip6_fragment", "ip6_local_out", "ip6_send_skb"],
    meaning: "Sends a packet of a local socket over IPv6, in fragments if it is too long",
    drops: {
      PKT_TOO_BIG: "Longer than the MTU and may not be fragmented (where the kernel says so)",
      NOT_SPECIFIED: "As above, or no memory for headers",
    },
    steps: [seeRoute, "See counters: nstat -az Ip6FragFails Ip6OutDiscards"],
  },
  {
    functions: [
      "ipv6_frag_rcv",
      "ip6_frag_queue",
      "ip6_frag_expire",
      "ip6frag_expire_frag_queue",
      "nf_ct_frag6_gather",
      "nf_ct_frag6_queue",
    ],
    meaning: "Puts IPv6 fragments together again",
    drops: {
      FRAG_REASM_TIMEOUT: "Some fragments did not arrive within net.ipv6.ip6frag_time (60 s)",
      DUP_FRAG: "A fragment arrived twice",
      NOT_SPECIFIED: "Overlapping or malformed fragments, memory for fragments used up, or as above on kernels before 6.2",
    },
    steps: ["See counters: nstat -az 'Ip6Reasm*'", "Avoid fragments: lower the MTU of the sender"],
  },
  {
    functions: ["icmpv6_rcv", "icmpv6_notify"],
    meaning: "Receives ICMPv6: echo, errors, neighbour discovery, multicast listener reports",
    drops: {
      ICMP_CSUM: "The checksum is wrong",
      XFRM_POLICY: "An IPsec policy does not allow it",
      IPV6_NDISC_HOP_LIMIT: "Neighbour discovery from beyond the link: hop limit below 255 (Linux 6.3+)",
      IPV6_NDISC_BAD_OPTIONS: "Malformed options of neighbour discovery (Linux 6.3+)",
      IPV6_NDISC_BAD_CODE: "Neighbour discovery with a code other than 0 (Linux 6.3+)",
      IPV6_NDISC_NS_OTHERHOST: "A neighbour solicitation for an address that is not of this host: normal (Linux 6.3+)",
      IPV6_NDISC_FRAG: "Fragmented neighbour discovery, which RFC 6980 forbids (Linux 6.3+)",
      NO_SOCKET: "A reply that no ping waits for",
      UNHANDLED_PROTO: "An unknown type",
      NOT_SPECIFIED: "An error message too short or about no socket of this host, or an advertisement that is not accepted here",
    },
    steps: ["See counters: nstat -az 'Icmp6In*'", "See whether advertisements are accepted: sysctl net.ipv6.conf.DEVICE.accept_ra"],
  },
  {
    functions: ["ndisc_rcv", "ndisc_recv_ns", "ndisc_recv_na", "ndisc_router_discovery", "ndisc_recv_rs", "ndisc_redirect_rcv"],
    meaning: "Handles one kind of neighbour discovery message; icmpv6_rcv frees the packet with the reason that it returns",
    drops: {
      IPV6_NDISC_NS_OTHERHOST: "A solicitation for another host's address: normal (Linux 6.3+)",
      IPV6_NDISC_BAD_OPTIONS: "Malformed options (Linux 6.3+)",
    },
    steps: ["See neighbours: ip -6 neigh", "See counters: nstat -az 'Icmp6InNeighbor*' 'Icmp6InRouter*'"],
  },
  {
    functions: ["igmp_rcv", "igmp6_event_query", "igmp6_event_report", "__mld_query_work", "__mld_report_work", "mld_query_work"],
    meaning: "Handles group membership queries and reports (IGMP, MLD)",
    drops: {
      NOT_SPECIFIED: "Malformed, from another link, or no memory; reports of others are not of interest to a host that joined nothing",
    },
    steps: ["See memberships: ip maddr show dev DEVICE", "See the version in use: cat /proc/net/igmp"],
  },
];
