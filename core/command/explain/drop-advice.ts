/**
 * What drop reasons of the kernel's core mean and what to do about them. Meanings follow the comments of the kernel's
 * include/net/dropreason-core.h and the places that give the reason.
 */
import type { DropAdvice } from "./advice.ts";
import { ovsDropAdvice } from "./ovs-drop-advice.ts";

const seePath = "See where the packet was before: retis collect -c skb,skb-drop --stack";
const seeDevice = "See the device: retis collect -c skb,skb-drop,dev";
const offloads = "Check checksum offloads: ethtool -k DEVICE";

/** By subject: no drops, then sockets, TCP, IP, firewall, neighbours, queues, devices, Open vSwitch. */
export const dropAdvice: readonly DropAdvice[] = [
  { name: "CONSUMED", meaning: "Not a drop: the packet was delivered and consumed", causes: [], steps: [] },
  { name: "NOT_DROPPED_YET", meaning: "Not a drop: the packet is still being processed", causes: [], steps: [] },
  {
    name: "NOT_SPECIFIED",
    meaning: "The kernel code that dropped the packet gives no reason",
    causes: ["A driver or a part of the stack without drop reasons", "A kernel before 5.17, which has no drop reasons"],
    steps: ["Find the function that dropped it: retis collect -c skb,skb-drop --stack", "Try a newer kernel: each adds reasons"],
  },
  {
    name: "NO_SOCKET",
    meaning: "No socket was found for the packet: nothing listens on its destination port",
    causes: [
      "The application is not running",
      "It listens on another port or address, e.g. only on 127.0.0.1",
      "It runs in another network namespace",
      "The connection was closed before this packet arrived",
    ],
    steps: [
      "List listening sockets: ss -lntup",
      "Compare their addresses and ports with those of the packet",
      "Check the namespace: retis collect -c skb,skb-drop,ns",
    ],
  },
  {
    name: "SOCKET_FILTER",
    meaning: "A filter program (BPF) attached to the socket rejected the packet",
    causes: [
      "The application filters what it receives, like tcpdump, DHCP clients and ping: usually harmless",
      "A filter that is too strict",
    ],
    steps: ["See filters of packet sockets: ss -0 -b", "List BPF programs: bpftool prog show", "Review how the application filters"],
  },
  {
    name: "SOCKET_RCVBUFF",
    meaning: "The receive buffer of the socket is full",
    causes: ["The application reads more slowly than packets arrive", "Bursts larger than the buffer"],
    steps: [
      "See queues and memory of sockets: ss -nmp",
      "Raise SO_RCVBUF in the application, up to net.core.rmem_max",
      "Find out why the application does not read",
    ],
  },
  {
    name: "SOCKET_BACKLOG",
    meaning: "The socket backlog, which holds packets while a task has the socket locked, is full",
    causes: ["Heavy traffic on one connection while its task holds the lock", "Receive buffers that are too small"],
    steps: ["See the counter: nstat -az TcpExtTCPBacklogDrop", "Raise the limits: sysctl net.ipv4.tcp_rmem net.core.rmem_max"],
  },
  {
    name: "PROTO_MEM",
    meaning: "The sockets of a protocol together exceed its memory limit",
    causes: ["Very many sockets, or sockets whose data is not read", "A small memory limit of the host or of the cgroup"],
    steps: [
      "Compare use and limit: cat /proc/net/sockstat; sysctl net.ipv4.tcp_mem net.ipv4.udp_mem",
      "Look for sockets with large queues: ss -nmp",
    ],
  },
  {
    name: "PKT_TOO_SMALL",
    meaning: "The packet is shorter than its headers",
    causes: ["A faulty or hostile sender", "A driver or tunnel that truncates packets"],
    steps: ["Look at its bytes and lengths: retis collect -c skb,skb-drop,dev --skb-sections all", seePath],
  },
  {
    name: "TCP_CSUM",
    meaning: "The TCP checksum is wrong",
    causes: [
      "Bytes corrupted in transit: cable, network card, switch",
      "A device that does not fill in offloaded checksums, often on virtual networks",
      "A bug in whatever rewrote the packet (NAT, load balancer)",
      "Mismatched MTUs, with a device that truncates packets",
    ],
    steps: [offloads, "Look for errors of the device: ethtool -S DEVICE", "Try without: ethtool -K DEVICE rx off tx off"],
  },
  {
    name: "UDP_CSUM",
    meaning: "The UDP checksum is wrong",
    causes: [
      "Bytes corrupted in transit",
      "A device that does not fill in offloaded checksums",
      "A tunnel whose outer checksum is wrong, or zero on IPv6",
    ],
    steps: [offloads, "See the counter: nstat -az UdpInCsumErrors"],
  },
  {
    name: "TCP_FLAGS",
    meaning: "The TCP flags are invalid in the state of the connection",
    causes: ["A port scan", "A packet of an older connection with the same ports"],
    steps: ["See the flags: retis collect -c skb,skb-drop -f 'host ADDRESS'", "See the state of the connection: ss -nt"],
  },
  {
    name: "TCP_LISTEN_OVERFLOW",
    meaning: "The accept queue of a listening socket is full",
    causes: ["The application accepts connections too slowly", "A small backlog passed to listen(2), or a small net.core.somaxconn"],
    steps: ["Compare Recv-Q with Send-Q: ss -lnt", "Raise net.core.somaxconn and the application's backlog"],
  },
  {
    name: "TCP_OLD_DATA",
    meaning: "TCP data that was already received",
    causes: ["A spurious retransmission after lost or late acknowledgments: harmless in small numbers"],
    steps: ["See how often: nstat -az TcpExtTCPDSACKOldSent", "Look for losses in the direction of the acknowledgments"],
  },
  {
    name: "TCP_INVALID_SEQUENCE",
    meaning: "The TCP sequence number is outside the receive window",
    causes: [
      "An older connection with the same ports",
      "A middlebox that rewrites sequence numbers",
      "Forged packets",
      "The endpoints disagree after one of them was restored or migrated",
    ],
    steps: ["See the numbers: retis collect -c skb,skb-drop -f 'host ADDRESS'", "See the state of the connection: ss -nti"],
  },
  {
    name: "TCP_RFC7323_PAWS",
    meaning: "The TCP timestamp is older than the last one: the packet counts as an old duplicate (PAWS)",
    causes: ["Packet reordering", "Several hosts that share a NAT address, with different timestamps"],
    steps: ["See the counter: nstat -az TcpExtPAWSEstab", "Look for paths of different length between the hosts"],
  },
  {
    name: "TCP_RESET",
    meaning: "A TCP reset: consumed whether it closes the connection or is invalid",
    causes: ["The peer closed abruptly, or its application exited", "A firewall or middlebox that rejects the connection"],
    steps: ["Check the application of the peer", "See where resets come from: retis -p tcp-resets collect"],
  },
  {
    name: "IP_CSUM",
    aliases: ["IPV4_CSUM"],
    meaning: "The checksum of the IPv4 header is wrong",
    causes: [
      "Bytes corrupted in transit",
      "A device or program that rewrote the header without a new checksum",
      "Mismatched MTUs, with a device that truncates packets",
    ],
    steps: [offloads, "Look for errors of the device: ethtool -S DEVICE"],
  },
  {
    name: "IP_INHDR",
    aliases: ["IP_INVALID"],
    meaning: "The IP header is invalid: wrong version or lengths",
    causes: ["A faulty or hostile sender", "A tunnel or driver that delivers something other than IP"],
    steps: ["Look at the packet: retis collect -c skb,skb-drop,dev --skb-sections all", "See the counter: nstat -az IpInHdrErrors"],
  },
  {
    name: "IP_RPFILTER",
    meaning: "Reverse path filter: the route to the source does not use the device on which the packet arrived",
    causes: ["Several uplinks with asymmetric routing", "A missing route to the source", "A forged source address"],
    steps: [
      "See the route back: ip route get SOURCE",
      "See the mode: sysctl net.ipv4.conf.all.rp_filter net.ipv4.conf.DEVICE.rp_filter",
      "Use mode 2 (loose) if asymmetric routing is intended",
    ],
  },
  {
    name: "UNICAST_IN_L2_MULTICAST",
    meaning: "A packet for a unicast IP address arrived in a multicast or broadcast frame",
    causes: [
      "A load balancer that uses multicast MAC addresses",
      "A wrong static neighbour entry",
      "Hole-196 attacks on wireless networks, which this check prevents",
    ],
    steps: [
      "See the frame's addresses: retis collect -c skb,skb-drop,dev -e",
      "See the setting: sysctl net.ipv4.conf.DEVICE.drop_unicast_in_l2_multicast",
    ],
  },
  {
    name: "OTHERHOST",
    meaning: "The frame is for another host's MAC address",
    causes: [
      "The device is in promiscuous mode, e.g. while tcpdump runs: harmless",
      "A switch that floods frames",
      "A wrong MAC address in a neighbour table",
    ],
    steps: [
      "See who is promiscuous: ip -d link show",
      "Compare the frame's address with the device's: retis collect -c skb,skb-drop,dev -e",
    ],
  },
  {
    name: "IP_INNOROUTES",
    meaning: "No route for a received packet",
    causes: ["A missing route, or a policy rule that hides it"],
    steps: ["See the route: ip route get DESTINATION from SOURCE iif DEVICE", "See rules and routes: ip rule; ip route show table all"],
  },
  {
    name: "IP_INADDRERRORS",
    meaning: "The destination is not a local address, and the packet may not be forwarded",
    causes: ["Forwarding is off on a host that should be a router", "The sender has a wrong gateway or a stale neighbour entry"],
    steps: [
      "See forwarding: sysctl net.ipv4.ip_forward net.ipv4.conf.DEVICE.forwarding",
      "Compare the address with those of the host: ip address",
    ],
  },
  {
    name: "IP_OUTNOROUTES",
    meaning: "No route for a packet to send",
    causes: ["A missing route or default route", "The device of the route went down"],
    steps: ["See the route: ip route get DESTINATION", "See the routes of the right namespace: ip -n NAMESPACE route"],
  },
  {
    name: "PKT_TOO_BIG",
    meaning: "The packet is larger than the MTU and must not be fragmented",
    causes: ["A tunnel with a smaller MTU on the path", "Path MTU discovery fails because ICMP is filtered"],
    steps: [
      "Compare MTUs: ip link; ip route get DESTINATION",
      "Let ICMP 'fragmentation needed' and 'packet too big' pass",
      "Clamp the MSS at the tunnel",
    ],
  },
  {
    name: "XFRM_POLICY",
    meaning: "An IPsec policy does not allow the packet",
    causes: ["Clear text where the policy wants encryption", "A policy without a matching state"],
    steps: ["See policies and states: ip xfrm policy; ip xfrm state", "See the counters: cat /proc/net/xfrm_stat"],
  },
  {
    name: "NETFILTER_DROP",
    meaning: "A firewall rule (nftables, iptables) or a policy of a chain dropped the packet",
    causes: [
      "A rule that drops, or a chain with policy drop and no rule that accepts the packet",
      "Rules added by Docker, Kubernetes or firewalld",
    ],
    steps: [
      "See which rule: retis collect -c skb,skb-drop,nft --allow-system-changes",
      "List the rules: nft -a list ruleset; iptables-save -c",
      "If nft shows nothing, see the hook in the stack: retis collect -c skb,skb-drop --stack",
    ],
  },
  {
    name: "NEIGH_FAILED",
    meaning: "The MAC address of the next hop could not be resolved",
    causes: ["The next hop is off, or in another VLAN", "ARP or neighbour discovery is filtered", "A wrong gateway or prefix length"],
    steps: ["See the entry: ip neigh show ADDRESS", "Watch requests and replies: retis collect -c skb,skb-drop -f 'arp or icmp6'"],
  },
  {
    name: "NEIGH_QUEUEFULL",
    meaning: "Too many packets wait for the MAC address of the next hop",
    causes: ["The next hop does not reply while many packets are sent to it"],
    steps: ["See the entry: ip neigh show ADDRESS", "Continue as for NEIGH_FAILED: retis explain NEIGH_FAILED"],
  },
  {
    name: "QDISC_DROP",
    meaning: "A queueing discipline dropped the packet on transmit",
    causes: [
      "The queue is full: more is sent than the device or a rate limit allows",
      "Active queue management (CoDel, RED), which drops on purpose",
    ],
    steps: ["See drops of each queue: tc -s qdisc show dev DEVICE", "Check rate limits; raise the queue's limit only for bursts"],
  },
  {
    name: "TC_INGRESS",
    meaning: "A traffic control filter (tc, BPF) dropped the packet on ingress",
    causes: ["A filter with action drop, or a BPF program that returns TC_ACT_SHOT, like those of Cilium"],
    steps: ["See filters: tc -s filter show dev DEVICE ingress", "List BPF programs of devices: bpftool net"],
  },
  {
    name: "TC_EGRESS",
    meaning: "A traffic control filter (tc, BPF) dropped the packet on egress",
    causes: ["A filter with action drop, or a BPF program that returns TC_ACT_SHOT"],
    steps: ["See filters: tc -s filter show dev DEVICE egress", "List BPF programs of devices: bpftool net"],
  },
  {
    name: "XDP",
    meaning: "A generic XDP program dropped the packet",
    causes: ["The program's rules, e.g. those of a load balancer or DDoS protection; drops of XDP inside a driver do not appear here"],
    steps: ["List programs of devices: bpftool net", "Check the counters of the application that loaded it"],
  },
  {
    name: "CPU_BACKLOG",
    meaning: "The queue of received packets of a CPU is full",
    causes: ["One CPU gets more than it can process, perhaps all traffic"],
    steps: [
      "See the second column, drops per CPU: cat /proc/net/softnet_stat",
      "Raise net.core.netdev_max_backlog",
      "Spread the load: RSS (ethtool -x) or RPS",
    ],
  },
  {
    name: "UNHANDLED_PROTO",
    meaning: "No protocol handler for this ethertype, or for this protocol on the device",
    causes: ["LLDP, spanning tree and the like that no program here uses: harmless", "A module that is not loaded, or IPv6 disabled"],
    steps: ["See ethertypes: retis collect -c skb,skb-drop,dev -e"],
  },
  {
    name: "DEV_READY",
    meaning: "The device is not ready for packets",
    causes: ["The device is down", "The program of a tun or tap device does not have it open"],
    steps: ["See its state: ip -d link show DEVICE", seeDevice],
  },
  {
    name: "FULL_RING",
    meaning: "The ring between kernel and reader is full (tun, tap, vhost, packet sockets)",
    causes: ["A virtual machine or program reads too slowly"],
    steps: ["Check how busy the reader is; add queues or CPUs to a virtual machine", seeDevice],
  },
  {
    name: "NOMEM",
    meaning: "The kernel could not allocate memory while processing the packet",
    causes: ["The host or the cgroup is short of memory"],
    steps: ["See memory: free -m; dmesg", seePath],
  },
  ...ovsDropAdvice,
];
