/** Drops whose reason alone says too little, and whose packet says that nothing is wrong. The first rule that fits decides. */
import type { DropRule } from "../../../core/api/drop-advice.ts";

export const dropRules: readonly DropRule[] = [
  {
    name: "multicast-without-listener",
    class: "normal",
    meaning: "A multicast packet that nothing on this host listens to, or that has no way out yet",
    reasons: [
      "NOT_SPECIFIED",
      "NO_SOCKET",
      "IP_NOPROTO",
      "IP_INADDRERRORS",
      // What IPv6 sends before the device has its routes: listener reports, duplicate address detection.
      "IP_INNOROUTES",
      "IP_OUTNOROUTES",
      "IP_INVALID_DEST",
      "INVALID_PROTO",
      "IPV6DISABLED",
      "OTHERHOST",
      "UNHANDLED_PROTO",
    ],
    destination: "multicast",
  },
  {
    name: "broadcast-without-listener",
    class: "normal",
    meaning: "A broadcast packet that nothing on this host listens to",
    reasons: ["NOT_SPECIFIED", "NO_SOCKET", "IP_INVALID_DEST", "INVALID_PROTO", "OTHERHOST"],
    destination: "broadcast",
  },
  {
    name: "vsock-message",
    class: "normal",
    meaning: "Passed between a virtual machine and its host (vsock): freed after use, or left in a socket that closed",
    reasons: ["NOT_SPECIFIED"],
    // net/vmw_vsock, drivers/vhost/vsock.c, net/vmw_vsock/hyperv_transport.c
    functions: ["virtio_transport_*", "virtio_vsock_*", "vsock_*", "vhost_vsock_*", "vhost_transport_*", "vmci_transport_*", "hvs_*"],
  },
  {
    name: "echo-reply-without-ping",
    class: "normal",
    meaning: "An echo reply that no ping socket waits for: its ping has ended, or reads a copy from a raw socket",
    reasons: ["NO_SOCKET"],
    // The one that frees it depends on the kernel. For this reason, ICMP drops nothing else.
    functions: ["ping_rcv", "icmp_rcv", "icmpv6_rcv"],
  },
  {
    name: "spanning-tree-without-bridge",
    class: "normal",
    meaning: "A spanning tree frame of a switch, received by a device that is not a bridge port",
    reasons: ["NOT_SPECIFIED"],
    functions: ["stp_pdu_rcv", "br_stp_rcv"],
  },
  {
    name: "receive-context-made",
    class: "normal",
    meaning: "An empty buffer that the kernel makes and frees again when a device gets a receive context (NAPI): no packet",
    reasons: ["NOT_SPECIFIED"],
    // net/core/gro.c, net/core/dev.c: what the compiler makes of napi_get_frags_check()
    functions: ["napi_get_frags_check*", "netif_napi_add_weight*", "napi_free_frags"],
  },
  {
    name: "unread-at-close",
    class: "normal",
    meaning: "What a socket still held when it was closed; newer kernels give the reason QUEUE_PURGE or SOCKET_CLOSE",
    reasons: ["NOT_SPECIFIED"],
    functions: [
      "inet_sock_destruct",
      "packet_sock_destruct",
      "sk_stream_kill_queues",
      "skb_errqueue_purge",
      "skb_queue_purge",
      "skb_queue_purge_reason",
      "udp_destruct_common",
      "udp_destruct_sock",
      "udp_destroy_sock",
    ],
  },
];
