/** Where UDP, ICMP, SCTP and sockets of all kinds drop (net/ipv4/udp.c, icmp.c, ping.c, raw.c, net/core/filter.c, net/unix, net/netlink, net/packet, net/sctp, net/vmw_vsock). */
import type { DropLocation } from "../../../core/api/drop-advice.ts";

const seeListeners = "See what listens: ss -lnup";
const seeUdpCounters = "See counters: nstat -az 'Udp*'";
const seeSocketMemory = "See queues, buffers and drops (d…) of sockets: ss -nmup";

export const socketLocations: readonly DropLocation[] = [
  {
    functions: ["__udp4_lib_rcv", "__udp6_lib_rcv", "udp_rcv", "udpv6_rcv", "__udp4_lib_mcast_deliver", "__udp6_lib_mcast_deliver"],
    meaning: "Receives a UDP datagram and finds its socket",
    drops: {
      NO_SOCKET: "Nothing listens on the port; the sender gets ICMP port unreachable",
      UDP_CSUM: "The checksum is wrong",
      PKT_TOO_SMALL: "Shorter than its header says",
      NOT_SPECIFIED: "Multicast or broadcast that no socket takes: normal; or an IPsec policy does not allow it, or no memory",
    },
    steps: [seeListeners, "Check the address that the socket is bound to, and its namespace", seeUdpCounters],
  },
  {
    functions: [
      "udp_queue_rcv_one_skb",
      "__udp_queue_rcv_skb",
      "udpv6_queue_rcv_one_skb",
      "__udp_enqueue_schedule_skb",
      "udp_queue_rcv_skb",
    ],
    meaning: "Puts a UDP datagram into the receive queue of its socket",
    drops: {
      SOCKET_RCVBUFF: "The receive buffer is full: the application reads too slowly, or bursts are too large",
      PROTO_MEM: "All UDP sockets together use more than net.ipv4.udp_mem",
      SOCKET_FILTER: "A BPF filter of the socket rejected it",
      UDP_CSUM: "The checksum is wrong",
      XFRM_POLICY: "An IPsec policy does not allow it",
      SECURITY_HOOK: "A security module does not allow it (where the kernel says so)",
      NOT_SPECIFIED: "As above, on kernels before 5.18",
    },
    steps: [seeSocketMemory, "Raise SO_RCVBUF in the application, up to net.core.rmem_max", seeUdpCounters],
  },
  {
    functions: [
      "udp_destroy_sock",
      "udp_destruct_sock",
      "udp_destruct_common",
      "udp_flush_pending_frames",
      "first_packet_length",
      "__first_packet_length",
      "udp_read_skb",
    ],
    meaning: "Takes datagrams out of a UDP socket that is read or closed",
    drops: {
      UDP_CSUM: "A datagram in the queue has a wrong checksum",
      QUEUE_PURGE: "The socket was closed with unread datagrams (newer kernels)",
      NOT_SPECIFIED: "As above",
    },
    steps: [seeUdpCounters, "Nothing, unless an application lost data that it wanted"],
  },
  {
    functions: ["sk_filter_trim_cap", "sock_queue_rcv_skb_reason", "__sock_queue_rcv_skb", "sk_filter", "__sk_receive_skb"],
    meaning: "Runs the filters of a socket and queues the packet; the caller frees it if it is refused",
    drops: {
      SOCKET_FILTER: "A BPF filter of the socket or of its control group rejected it",
      SOCKET_RCVBUFF: "The receive buffer is full",
      PROTO_MEM: "The memory of the protocol is used up",
      PFMEMALLOC: "In the memory reserve, which the socket may not use (newer kernels)",
      SECURITY_HOOK: "A security module does not allow it (newer kernels)",
      SOCKET_BACKLOG: "The backlog of the locked socket is full",
    },
    steps: ["See filters of packet sockets: ss -0 -b", "List programs of control groups: bpftool cgroup tree", "See buffers: ss -nmp"],
  },
  {
    functions: ["icmp_rcv", "icmp_unreach", "icmp_redirect", "icmp_socket_deliver"],
    meaning: "Receives ICMP: echo, errors, timestamps",
    drops: {
      ICMP_CSUM: "The checksum is wrong",
      UNHANDLED_PROTO: "An unknown type",
      INVALID_PROTO: "Echo or timestamp to a broadcast or multicast address, which icmp_echo_ignore_broadcasts forbids",
      NO_SOCKET: "An error about a packet that no socket of this host sent, or a reply that no ping waits for",
      XFRM_POLICY: "An IPsec policy does not allow it",
      PKT_TOO_SMALL: "Too short for what it reports",
      NOT_SPECIFIED: "As above, on kernels before 5.19",
    },
    steps: [
      "See counters: nstat -az 'Icmp*'",
      "Requests that icmp_echo_ignore_all ignores are not drops: sysctl net.ipv4.icmp_echo_ignore_all",
    ],
  },
  {
    functions: ["ping_rcv", "__ping_queue_rcv_skb", "ping_queue_rcv_skb"],
    meaning: "Gives ICMP echo replies to unprivileged ping sockets",
    drops: {
      NO_SOCKET: "No ping waits for the reply: it has ended, or uses a raw socket, which got a copy",
      SOCKET_RCVBUFF: "The receive buffer is full",
      SOCKET_FILTER: "A filter of the socket rejected it",
      NOT_SPECIFIED: "As above, on kernels before 5.19",
    },
    steps: ["See ping sockets: ss -anp | grep icmp", "Nothing, if ping shows the replies"],
  },
  {
    functions: ["raw_rcv", "raw_rcv_skb", "raw_v4_input", "raw_local_deliver", "rawv6_rcv", "rawv6_rcv_skb", "ipv6_raw_deliver"],
    meaning: "Gives packets to raw sockets, each a copy",
    drops: {
      SOCKET_RCVBUFF: "The receive buffer is full",
      SOCKET_FILTER: "A filter of the socket rejected its copy: normal for ping and routing daemons",
      PROTO_MEM: "The memory of the protocol is used up",
      XFRM_POLICY: "An IPsec policy does not allow it",
      SKB_CSUM: "The checksum is wrong (IPv6)",
      NOT_SPECIFIED: "As above, on kernels before 5.19",
    },
    steps: ["See raw sockets: ss -wanmp"],
  },
  {
    functions: ["packet_rcv", "tpacket_rcv", "packet_rcv_spkt", "packet_rcv_fanout"],
    meaning: "Copies packets to packet sockets: tcpdump, DHCP clients, LLDP daemons",
    drops: {
      PACKET_SOCK_ERROR: "The buffer or ring of the socket is full, or its memory ran out (newer kernels)",
      NOT_SPECIFIED: "As above; what the filter of the socket rejects is freed without a drop",
    },
    steps: ["See packet sockets and their drops: ss -0 -nmp", "Give the capturing program a larger buffer, e.g. tcpdump -B"],
  },
  {
    functions: [
      "unix_release_sock",
      "unix_dgram_sendmsg",
      "unix_stream_sendmsg",
      "unix_dgram_disconnected",
      "unix_dgram_connect",
      "manage_oob",
      "unix_stream_read_generic",
      "unix_stream_connect",
      "__unix_gc",
      "unix_gc",
    ],
    meaning: "Passes messages between Unix sockets of this host: no network traffic",
    drops: {
      SOCKET_CLOSE: "A socket was closed with unread messages (Linux 6.14+)",
      UNIX_DISCONNECT: "A datagram socket was connected to another peer while messages waited (Linux 6.14+)",
      UNIX_SKIP_OOB: "Out-of-band data was skipped (Linux 6.14+)",
      SOCKET_FILTER: "A BPF filter of the receiver rejected it (newer kernels)",
      NOT_SPECIFIED: "As above, or the message could not be delivered: receiver gone, its queue full",
    },
    steps: ["See Unix sockets and their processes: ss -xp", "Nothing, unless messages are missed"],
  },
  {
    functions: [
      "netlink_unicast",
      "netlink_broadcast_filtered",
      "netlink_broadcast",
      "netlink_sendmsg",
      "netlink_release",
      "netlink_attachskb",
      "netlink_rcv_skb",
      "netlink_dump",
      "nlmsg_notify",
    ],
    meaning: "Passes netlink messages between kernel and programs (ip, systemd, NetworkManager): no network traffic",
    drops: {
      NOT_SPECIFIED:
        "The receiver is gone or its buffer is full, which it learns by ENOBUFS; or nothing listens to the notification: normal",
      QUEUE_PURGE: "A socket was closed with unread messages (Linux 6.6+)",
    },
    steps: ["See drops of netlink sockets in the column Drops: cat /proc/net/netlink", "Nothing, unless a program reports ENOBUFS"],
  },
  {
    functions: [
      "virtio_transport_recv_pkt",
      "virtio_transport_purge_skbs",
      "virtio_vsock_skb_queue_purge",
      "virtio_transport_destruct",
      "virtio_transport_close",
      "vsock_release",
      "virtio_transport_release",
    ],
    meaning: "Passes data between virtual machine and host (vsock): no network traffic",
    drops: {
      NOT_SPECIFIED: "No socket for it, or a socket was closed with unread data",
      QUEUE_PURGE: "A queue was emptied (newer kernels)",
      SOCKET_CLOSE: "A socket was closed with unread data (newer kernels)",
    },
    steps: ["See vsock sockets: ss --vsock -ap", "Nothing, unless an application of the guest lost data"],
  },
  {
    functions: ["sctp_rcv", "sctp_inq_push", "sctp_backlog_rcv", "sctp_chunk_free", "sctp_add_backlog"],
    meaning: "Receives SCTP packets and finds their association",
    drops: { NOT_SPECIFIED: "Wrong checksum, malformed, no association or listener, an IPsec policy, or the backlog is full" },
    steps: ["See associations and listeners: ss -Sanp", "See counters: cat /proc/net/sctp/snmp"],
  },
];
