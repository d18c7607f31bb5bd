/** Drop reasons of sockets of all kinds. */
import type { DropAdvice } from "../../../core/api/drop-advice.ts";

export const socketsAdvice: readonly DropAdvice[] = [
  {
    name: "NO_SOCKET",
    class: "problem",
    counters: ["UdpNoPorts", "TcpOutRsts"],
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
    name: "SOCKET_CLOSE",
    class: "normal",
    meaning: "The socket was closed while packets waited in it or were on the way to it",
    causes: ["The application closed the socket before it had read all data"],
    steps: ["Nothing, unless the application closes too early", "See who closed: retis collect -c skb,skb-drop --stack"],
  },
  {
    name: "SOCKET_FILTER",
    class: "normal",
    meaning: "A filter program (BPF) attached to the socket rejected the packet",
    causes: [
      "The application filters what it receives, like tcpdump, DHCP clients and ping: usually harmless",
      "A filter that is too strict",
    ],
    steps: ["See filters of packet sockets: ss -0 -b", "List BPF programs: bpftool prog show", "Review how the application filters"],
  },
  {
    name: "SOCKET_RCVBUFF",
    class: "problem",
    counters: ["UdpRcvbufErrors", "TcpExtTCPRcvQDrop"],
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
    class: "problem",
    counters: ["TcpExtTCPBacklogDrop"],
    meaning: "The socket backlog, which holds packets while a task has the socket locked, is full",
    causes: ["Heavy traffic on one connection while its task holds the lock", "Receive buffers that are too small"],
    steps: ["See the counter: nstat -az TcpExtTCPBacklogDrop", "Raise the limits: sysctl net.ipv4.tcp_rmem net.core.rmem_max"],
  },
  {
    name: "PROTO_MEM",
    class: "problem",
    counters: ["UdpMemErrors"],
    meaning: "The sockets of a protocol together exceed its memory limit",
    causes: ["Very many sockets, or sockets whose data is not read", "A small memory limit of the host or of the cgroup"],
    steps: [
      "Compare use and limit: cat /proc/net/sockstat; sysctl net.ipv4.tcp_mem net.ipv4.udp_mem",
      "Look for sockets with large queues: ss -nmp",
    ],
  },
  {
    name: "UNIX_DISCONNECT",
    class: "normal",
    meaning: "Messages in the queue of a Unix socket were discarded, as it was connected to another socket or its peer is closed",
    causes: ["An application that reconnects or ends while messages wait"],
    steps: ["See the sockets and their processes: ss -xp", "Nothing, unless messages are missed"],
  },
  {
    name: "UNIX_SKIP_OOB",
    class: "normal",
    meaning: "Out-of-band data of a Unix socket was skipped, as the reader did not request it (MSG_OOB)",
    causes: ["The sender uses MSG_OOB and the reader does not"],
    steps: ["Check both applications: ss -xp"],
  },
  {
    name: "PACKET_SOCK_ERROR",
    class: "problem",
    meaning: "A packet socket could not take a packet that its filter had passed",
    causes: ["Too little memory for the buffer of the socket", "A packet larger than a frame of its ring"],
    steps: ["See packet sockets and their drops: ss -0 -nmp", "Give the capturing program a larger buffer, e.g. tcpdump -B"],
  },
  {
    name: "PFMEMALLOC",
    class: "problem",
    counters: ["TcpExtPFMemallocDrop"],
    meaning: "The packet is in memory of the emergency reserve and its socket may not use that",
    causes: ["The host is out of memory while packets arrive"],
    steps: ["See memory: free -m; dmesg", "Raise vm.min_free_kbytes on hosts with much traffic"],
  },
  {
    name: "SECURITY_HOOK",
    class: "problem",
    meaning: "A security module (SELinux, AppArmor, Smack, BPF LSM) does not allow the packet",
    causes: ["A policy for labelled networking or for the socket of the application"],
    steps: ["See what was denied: ausearch -m avc -ts recent; dmesg | grep -i denied", "List BPF programs: bpftool prog show"],
  },
  {
    name: "BPF_CGROUP_EGRESS",
    class: "problem",
    meaning: "A BPF program of the cgroup of the sending process dropped the packet",
    causes: ["IPAddressDeny= or IPAddressAllow= of a systemd unit", "The network policy of a container runtime"],
    steps: [
      "List the programs of cgroups: bpftool cgroup tree",
      "See the settings of the unit: systemctl show -p IPAddressDeny -p IPAddressAllow UNIT",
    ],
  },
];
