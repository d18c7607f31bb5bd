import type { Lookup } from "../../core/api/collector.ts";

/** Transport protocols of sockets by IP protocol number; 0 is that of families without one. */
const protocols: Readonly<Record<number, string>> = {
  1: "ICMP",
  6: "TCP",
  17: "UDP",
  33: "DCCP",
  58: "ICMPv6",
  132: "SCTP",
  136: "UDP-Lite",
  255: "RAW",
  262: "MPTCP",
};

/** include/net/tcp_states.h; other protocols use some of them. */
const states = [
  ...["0", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN"],
  ...["CLOSING", "NEW_SYN_RECV", "BOUND_INACTIVE"],
];

/** Lookups `protocol` and `state` of a socket; values without a name are shown as numbers. */
export const socketNames: { readonly protocol: Lookup; readonly state: Lookup } = {
  protocol: (value) => protocols[value] ?? String(value),
  state: (value) => states[value] ?? String(value),
};
