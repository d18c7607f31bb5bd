/** Drop reasons of IPv6 and its neighbour discovery. */
import type { DropAdvice } from "../../../core/api/drop-advice.ts";

export const ipv6Advice: readonly DropAdvice[] = [
  {
    name: "IPV6DISABLED",
    class: "problem",
    counters: ["Ip6InDiscards", "Ip6OutDiscards"],
    meaning: "IPv6 is disabled on the device",
    causes: ["IPv6 is disabled (disable_ipv6) for the device or for all", "Duplicate address detection failed and accept_dad is 2"],
    steps: [
      "See the setting: sysctl net.ipv6.conf.DEVICE.disable_ipv6 net.ipv6.conf.all.disable_ipv6",
      "Nothing where IPv6 is off on purpose",
    ],
  },
  {
    name: "IPV6_BAD_EXTHDR",
    class: "problem",
    counters: ["Ip6InHdrErrors"],
    meaning: "An IPv6 extension header is malformed or not allowed",
    causes: ["A faulty or hostile sender", "A middlebox that changes extension headers"],
    steps: ["Look at the packet in a capture: retis pcap"],
  },
  {
    name: "IPV6_TOO_MANY_EXTHDRS",
    class: "problem",
    counters: ["Ip6InHdrErrors"],
    meaning: "The packet has more IPv6 extension headers than the kernel accepts",
    causes: ["A faulty or hostile sender"],
    steps: [
      "Look at the packet in a capture: retis pcap",
      "See the limits: sysctl net.ipv6.max_dst_opts_number net.ipv6.max_hbh_opts_number",
    ],
  },
  {
    name: "IPV6_NDISC_FRAG",
    class: "problem",
    meaning: "A message of neighbour discovery arrived in fragments, which is not accepted (RFC 6980)",
    causes: ["An attack, or a sender with too many options"],
    steps: ["See the setting: sysctl net.ipv6.conf.DEVICE.suppress_frag_ndisc"],
  },
  {
    name: "IPV6_NDISC_HOP_LIMIT",
    class: "problem",
    meaning: "A message of neighbour discovery has a hop limit other than 255, so it crossed a router",
    causes: ["Forged packets from outside the link", "A tunnel or bridge that changes the hop limit"],
    steps: ["Find the sender by its MAC address: retis collect -c skb,skb-drop,dev -e -f icmp6"],
  },
  {
    name: "IPV6_NDISC_BAD_CODE",
    class: "problem",
    meaning: "A message of neighbour discovery has an ICMPv6 code other than 0",
    causes: ["A faulty or hostile sender"],
    steps: ["Find the sender by its MAC address: retis collect -c skb,skb-drop,dev -e -f icmp6"],
  },
  {
    name: "IPV6_NDISC_BAD_OPTIONS",
    class: "problem",
    meaning: "The options of a message of neighbour discovery are malformed",
    causes: ["A faulty or hostile sender"],
    steps: [
      "Find the sender by its MAC address: retis collect -c skb,skb-drop,dev -e -f icmp6",
      "Look at the options in a capture: retis pcap",
    ],
  },
  {
    name: "IPV6_NDISC_NS_OTHERHOST",
    class: "normal",
    meaning: "A neighbour solicitation for an address of another host",
    causes: ["Usual on a shared link: solicited-node multicast reaches several hosts", "The device is in promiscuous mode or bridges"],
    steps: ["Nothing, unless the address should be on this host: ip -6 address"],
  },
];
