/** Which layer follows, by the number that the header before it carries. */
import type { DecodeState } from "./decode-state.ts";
import { ETHERTYPE, isFrameLength } from "./ethertype.ts";
import { IP_PROTOCOL } from "./ip-protocol.ts";

/** After Ethernet, a VLAN tag or clear-text MACsec: a VLAN tag, LLC or what {@link nextByEthertype} knows. */
export function nextByLinkType(state: DecodeState, ethertype: number): void {
  switch (ethertype) {
    case ETHERTYPE.vlan:
    case ETHERTYPE.serviceVlan:
    case ETHERTYPE.oldServiceVlan:
      state.next = "vlan";
      return;
    default:
      if (isFrameLength(ethertype)) enterFrame(state, ethertype);
      else nextByEthertype(state, ethertype);
  }
}

/** LLC; what follows its `length` bytes is padding. */
function enterFrame(state: DecodeState, length: number): void {
  state.cursor.limit(state.cursor.offset + length);
  state.next = "llc";
}

/** The network layer of an ethertype. */
export function nextByEthertype(state: DecodeState, ethertype: number): void {
  switch (ethertype) {
    case ETHERTYPE.ipv4:
      state.next = "ipv4";
      return;
    case ETHERTYPE.ipv6:
      state.next = "ipv6";
      return;
    case ETHERTYPE.arp:
    case ETHERTYPE.reverseArp:
      state.next = "arp";
      return;
    case ETHERTYPE.macsec:
      state.next = "macsec";
      return;
    case ETHERTYPE.mplsUnicast:
    case ETHERTYPE.mplsMulticast:
      state.next = "mpls";
      return;
    default:
      state.unsupported("ethertype", ethertype);
  }
}

/** Inside a tunnel that names its payload by ethertype: an Ethernet frame or a network layer. */
export function nextInTunnel(state: DecodeState, ethertype: number): void {
  if (ethertype === ETHERTYPE.transparentEthernet) state.next = "ethernet";
  else nextByEthertype(state, ethertype);
}

/** The layer of an IP protocol number. */
export function nextByProtocol(state: DecodeState, protocol: number): void {
  switch (protocol) {
    case IP_PROTOCOL.tcp:
      state.next = "tcp";
      return;
    case IP_PROTOCOL.udp:
      state.next = "udp";
      return;
    case IP_PROTOCOL.icmp:
      state.next = "icmp";
      return;
    case IP_PROTOCOL.icmpv6:
      state.next = "icmpv6";
      return;
    case IP_PROTOCOL.sctp:
      state.next = "sctp";
      return;
    case IP_PROTOCOL.ah:
      state.next = "ah";
      return;
    case IP_PROTOCOL.esp:
      state.next = "esp";
      return;
    case IP_PROTOCOL.gre:
      state.next = "gre";
      return;
    case IP_PROTOCOL.ipv4:
      state.next = "ipv4";
      return;
    case IP_PROTOCOL.ipv6:
      state.next = "ipv6";
      return;
    default:
      state.unsupported("protocol", protocol);
  }
}

/** IP without anything that names its version: recognised by the first four bits, as RFC 4928 section 3 describes for MPLS. */
export function nextByVersion(state: DecodeState): void {
  const version = state.cursor.peek() >>> 4;
  if (!state.cursor.has(1)) state.truncated("ipv4");
  else if (version === 4) state.next = "ipv4";
  else if (version === 6) state.next = "ipv6";
  else state.unsupported("ip-version", version);
}
