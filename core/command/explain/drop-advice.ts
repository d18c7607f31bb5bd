/**
 * What drop reasons of the kernel's core mean and what to do about them. Meanings follow the comments of the kernel's
 * include/net/dropreason-core.h and the places that give the reason.
 */

/** Advice on one reason. */
export interface DropAdvice {
  /** As in the kernel's enum, without `SKB_DROP_REASON_`. */
  readonly name: string;
  /** Other names that people know it by. */
  readonly aliases?: readonly string[];
  /** What it means; one line. */
  readonly meaning: string;
  /** Likely causes, the likeliest first; empty for what is no fault. */
  readonly causes: readonly string[];
  /** What to do; commands are typed as they stand. */
  readonly steps: readonly string[];
}

const seePath = "See where the packet was before: retis collect -c skb,skb-drop --stack";
const seeDevice = "See the device: retis collect -c skb,skb-drop,dev";
const offloads = "Check checksum offloads: ethtool -k DEVICE";

/** By subject: no drops, then sockets, TCP, IP, firewall, neighbours, queues, devices. */
export const dropAdvice: readonly DropAdvice[] = [
  { name: "CONSUMED", meaning: "No drop: the packet reached its end and was used up", causes: [], steps: [] },
  { name: "NOT_DROPPED_YET", meaning: "No drop: the packet is still on its way", causes: [], steps: [] },
  {
    name: "NOT_SPECIFIED",
    meaning: "A drop for which the kernel code gives no reason",
    causes: ["A driver or a part of the stack that was not taught to give reasons", "A kernel before 5.17, which has none at all"],
    steps: ["Find the function that dropped it: retis collect -c skb,skb-drop --stack", "Try a newer kernel, as each gives more reasons"],
  },
  {
    name: "NO_SOCKET",
    meaning: "No socket was found that the packet belongs to: nothing listens on its destination port",
    causes: [
      "The application is not running",
      "It listens on another port or address, e.g. only on 127.0.0.1",
      "It runs in another network namespace",
      "The connection was closed before this packet came",
    ],
    steps: [
      "List listening sockets: ss -lntup",
      "Compare their addresses and ports with those of the packet",
      "Check the namespace: retis collect -c skb,skb-drop,ns",
    ],
  },
  {
    name: "SOCKET_FILTER",
    meaning: "A filter program (BPF) attached to the socket refused the packet",
    causes: [
      "The application filters what it receives, as tcpdump, DHCP clients and ping do: mostly harmless",
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
      "Raise SO_RCVBUF in the application, with net.core.rmem_max as its bound",
      "Find out why the application does not read",
    ],
  },
  {
    name: "SOCKET_BACKLOG",
    meaning: "The backlog of a socket is full, which takes packets while a task has the socket locked",
    causes: ["Much traffic on one connection while its task holds the lock", "Receive buffers that are too small"],
    steps: ["See the counter: nstat -az TcpExtTCPBacklogDrop", "Raise the limits: sysctl net.ipv4.tcp_rmem net.core.rmem_max"],
  },
  {
    name: "PROTO_MEM",
    meaning: "All sockets of a protocol together use more memory than is allowed",
    causes: ["Very many sockets, or sockets whose data nobody reads", "A small memory limit of the host or of the cgroup"],
    steps: [
      "Compare use and limit: cat /proc/net/sockstat; sysctl net.ipv4.tcp_mem net.ipv4.udp_mem",
      "Look for sockets with large queues: ss -nmp",
    ],
  },
  {
    name: "PKT_TOO_SMALL",
    meaning: "The packet is smaller than the header that it should hold",
    causes: ["A faulty or hostile sender", "A driver or tunnel that cuts packets"],
    steps: ["Look at its bytes and lengths: retis collect -c skb,skb-drop,dev --skb-sections all", seePath],
  },
  {
    name: "TCP_CSUM",
    meaning: "The TCP checksum is wrong",
    causes: [
      "Bytes damaged on the way: cable, network card, switch",
      "A device that does not fill in checksums that were left to it, often on virtual networks",
      "A mistake in whatever rewrote the packet (NAT, load balancer)",
      "Mismatched MTUs, with a device that cuts packets",
    ],
    steps: [offloads, "Look for errors of the device: ethtool -S DEVICE", "Try without: ethtool -K DEVICE rx off tx off"],
  },
  {
    name: "UDP_CSUM",
    meaning: "The UDP checksum is wrong",
    causes: [
      "Bytes damaged on the way",
      "A device that does not fill in checksums that were left to it",
      "A tunnel whose outer checksum is wrong, or zero on IPv6",
    ],
    steps: [offloads, "See the counter: nstat -az UdpInCsumErrors"],
  },
  {
    name: "TCP_FLAGS",
    meaning: "The TCP flags make no sense in the connection's state",
    causes: ["A port scan", "A packet of an older connection with the same ports"],
    steps: ["See the flags: retis collect -c skb,skb-drop -f 'host ADDRESS'", "See the state of the connection: ss -nt"],
  },
  {
    name: "TCP_LISTEN_OVERFLOW",
    meaning: "A listening socket has no room for another connection",
    causes: ["The application accepts connections too slowly", "A small backlog given to listen(2), or a small net.core.somaxconn"],
    steps: ["Compare Recv-Q with Send-Q: ss -lnt", "Raise net.core.somaxconn and the application's backlog"],
  },
  {
    name: "TCP_OLD_DATA",
    meaning: "TCP data that had been received before",
    causes: ["A retransmission that was not needed, as acknowledgments were lost or late: harmless in small numbers"],
    steps: ["See how often: nstat -az TcpExtTCPDSACKOldSent", "Look for losses in the direction of the acknowledgments"],
  },
  {
    name: "TCP_INVALID_SEQUENCE",
    meaning: "The TCP sequence number is outside of what the connection expects",
    causes: [
      "An older connection with the same ports",
      "A middlebox that rewrites sequence numbers",
      "Forged packets",
      "Both sides disagree after one of them was restored or moved",
    ],
    steps: ["See the numbers: retis collect -c skb,skb-drop -f 'host ADDRESS'", "See the state of the connection: ss -nti"],
  },
  {
    name: "TCP_RFC7323_PAWS",
    meaning: "The TCP timestamp is older than one seen before, so that the packet counts as an old duplicate",
    causes: ["Packets overtook each other", "Several hosts behind one NAT address, whose timestamps differ"],
    steps: ["See the counter: nstat -az TcpExtPAWSEstab", "Look for paths of different length between the hosts"],
  },
  {
    name: "TCP_RESET",
    meaning: "A packet with the TCP reset flag, used up whether it ends the connection or is found invalid",
    causes: ["The other side closed abruptly, or its application ended", "A firewall or middlebox that rejects the connection"],
    steps: ["Look at the other side's application", "See where resets come from: retis -p tcp-resets collect"],
  },
  {
    name: "IP_CSUM",
    aliases: ["IPV4_CSUM"],
    meaning: "The checksum of the IPv4 header is wrong",
    causes: [
      "Bytes damaged on the way",
      "A device or program that rewrote the header without a new checksum",
      "Mismatched MTUs, with a device that cuts packets",
    ],
    steps: [offloads, "Look for errors of the device: ethtool -S DEVICE"],
  },
  {
    name: "IP_INHDR",
    aliases: ["IP_INVALID"],
    meaning: "The IP header is invalid: wrong version or lengths",
    causes: ["A faulty or hostile sender", "A tunnel or driver that delivers something else than IP"],
    steps: ["Look at the packet: retis collect -c skb,skb-drop,dev --skb-sections all", "See the counter: nstat -az IpInHdrErrors"],
  },
  {
    name: "IP_RPFILTER",
    meaning: "Reverse path filter: the way back to the source does not lead through the device that the packet came by",
    causes: ["Several uplinks, so that replies take another way", "A missing route to the source", "A forged source address"],
    steps: [
      "Ask for the way back: ip route get SOURCE",
      "See the mode: sysctl net.ipv4.conf.all.rp_filter net.ipv4.conf.DEVICE.rp_filter",
      "Use mode 2 (loose) if ways differ on purpose",
    ],
  },
  {
    name: "UNICAST_IN_L2_MULTICAST",
    meaning: "A packet for a unicast IP address came in a multicast or broadcast frame",
    causes: [
      "A load balancer that works with multicast MAC addresses",
      "A wrong static neighbour entry",
      "Hole-196 attacks on wireless networks, which this check is for",
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
    meaning: "No route for a packet that came in",
    causes: ["A missing route, or a policy rule that hides it"],
    steps: ["Ask for the way: ip route get DESTINATION from SOURCE iif DEVICE", "See rules and routes: ip rule; ip route show table all"],
  },
  {
    name: "IP_INADDRERRORS",
    meaning: "The destination address is not one of this host, which may not forward the packet",
    causes: ["Forwarding is off on a host that should be a router", "The sender has a wrong gateway or a stale neighbour entry"],
    steps: [
      "See forwarding: sysctl net.ipv4.ip_forward net.ipv4.conf.DEVICE.forwarding",
      "Compare the address with those of the host: ip address",
    ],
  },
  {
    name: "IP_OUTNOROUTES",
    meaning: "No route for a packet that is to be sent",
    causes: ["A missing route or default route", "The device of the route went down"],
    steps: ["Ask for the way: ip route get DESTINATION", "See the routes of the right namespace: ip -n NAMESPACE route"],
  },
  {
    name: "PKT_TOO_BIG",
    meaning: "The packet is larger than the MTU and must not be fragmented",
    causes: ["A tunnel with a smaller MTU on the way", "Path MTU discovery fails, as ICMP is filtered"],
    steps: [
      "Compare MTUs: ip link; ip route get DESTINATION",
      "Let ICMP 'fragmentation needed' and 'packet too big' pass",
      "Clamp the MSS where the tunnel begins",
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
      "A rule that drops, or a chain with policy drop that no rule made an exception of",
      "Rules that Docker, Kubernetes or firewalld made",
    ],
    steps: [
      "See which rule it is: retis collect -c skb,skb-drop,nft --allow-system-changes",
      "List the rules: nft -a list ruleset; iptables-save -c",
      "When nft shows nothing, see the hook in the stack: retis collect -c skb,skb-drop --stack",
    ],
  },
  {
    name: "NEIGH_FAILED",
    meaning: "The next hop's MAC address could not be found",
    causes: ["The next hop is off, or in another VLAN", "ARP or neighbour discovery is filtered", "A wrong gateway or prefix length"],
    steps: ["See the entry: ip neigh show ADDRESS", "Watch who asks and answers: retis collect -c skb,skb-drop -f 'arp or icmp6'"],
  },
  {
    name: "NEIGH_QUEUEFULL",
    meaning: "Too many packets wait for the next hop's MAC address",
    causes: ["The next hop does not answer while much is sent to it"],
    steps: ["See the entry: ip neigh show ADDRESS", "Go on as for NEIGH_FAILED: retis explain NEIGH_FAILED"],
  },
  {
    name: "QDISC_DROP",
    meaning: "A queueing discipline dropped the packet on its way out",
    causes: [
      "The queue is full: more is sent than the device or a rate limit lets through",
      "Active queue management (CoDel, RED), which drops on purpose",
    ],
    steps: ["See drops of each queue: tc -s qdisc show dev DEVICE", "Check rate limits; raise the queue's limit only for bursts"],
  },
  {
    name: "TC_INGRESS",
    meaning: "A traffic control filter (tc, BPF) on the way in dropped the packet",
    causes: ["A filter with action drop, or a BPF program that returns TC_ACT_SHOT, as those of Cilium do"],
    steps: ["See filters: tc -s filter show dev DEVICE ingress", "List BPF programs at devices: bpftool net"],
  },
  {
    name: "TC_EGRESS",
    meaning: "A traffic control filter (tc, BPF) on the way out dropped the packet",
    causes: ["A filter with action drop, or a BPF program that returns TC_ACT_SHOT"],
    steps: ["See filters: tc -s filter show dev DEVICE egress", "List BPF programs at devices: bpftool net"],
  },
  {
    name: "XDP",
    meaning: "A generic XDP program dropped the packet",
    causes: ["The program's rules, e.g. those of a load balancer or DDoS protection; what XDP drops within a driver is not seen here"],
    steps: ["See programs at devices: bpftool net", "Ask the program that loaded it for its counters"],
  },
  {
    name: "CPU_BACKLOG",
    meaning: "The queue of received packets of a CPU is full",
    causes: ["One CPU gets more than it can process; all traffic may go to the same one"],
    steps: [
      "See the second column, drops per CPU: cat /proc/net/softnet_stat",
      "Raise net.core.netdev_max_backlog",
      "Spread the load: RSS (ethtool -x) or RPS",
    ],
  },
  {
    name: "UNHANDLED_PROTO",
    meaning: "Nobody takes packets of this ethertype, or of this protocol in the device's setup",
    causes: ["LLDP, spanning tree and the like, that no program here wants: harmless", "A module that is not loaded, or IPv6 switched off"],
    steps: ["See ethertypes: retis collect -c skb,skb-drop,dev -e"],
  },
  {
    name: "DEV_READY",
    meaning: "The device is not ready to take the packet",
    causes: ["The device is down", "The program behind a tun or tap device does not have it open"],
    steps: ["See its state: ip -d link show DEVICE", seeDevice],
  },
  {
    name: "FULL_RING",
    meaning: "The ring between kernel and reader is full (tun, tap, vhost, packet sockets)",
    causes: ["A virtual machine or program reads too slowly"],
    steps: ["See how busy the reader is; give a virtual machine more queues or CPU", seeDevice],
  },
  {
    name: "NOMEM",
    meaning: "The kernel had no memory for what it was about to do with the packet",
    causes: ["The host or its cgroup is short of memory"],
    steps: ["See memory: free -m; dmesg", seePath],
  },
];
