/** Drops whose reason alone says too little, and whose packet says that nothing is wrong. The first rule that fits decides. */
import type { DropRule } from "../../../core/api/drop-advice.ts";

export const dropRules: readonly DropRule[] = [
  {
    name: "multicast-without-listener",
    class: "normal",
    meaning: "A multicast packet that nothing on this host listens to",
    reasons: ["NOT_SPECIFIED", "NO_SOCKET", "IP_NOPROTO", "IP_INADDRERRORS", "IP_INVALID_DEST", "OTHERHOST", "UNHANDLED_PROTO"],
    destination: "multicast",
  },
  {
    name: "broadcast-without-listener",
    class: "normal",
    meaning: "A broadcast packet that nothing on this host listens to",
    reasons: ["NOT_SPECIFIED", "NO_SOCKET", "OTHERHOST"],
    destination: "broadcast",
  },
  {
    name: "not-a-network-packet",
    class: "normal",
    meaning: "A buffer that was never a network packet: netlink and vsock messages, or what a closing socket still held",
    reasons: ["NOT_SPECIFIED", "SOCKET_CLOSE", "QUEUE_PURGE"],
    packet: "none",
  },
];
