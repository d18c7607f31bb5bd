import { readIpv4 } from "./address.ts";
import type { DecodeState } from "./decode-state.ts";

/** The packet that caused an error or a redirect follows as layers of its own, as far as it is quoted. */
export interface IcmpLayer {
  readonly layer: "icmp" | "icmpv6";
  readonly type: number;
  readonly code: number;
  /** The largest packet in bytes that the next hop takes; in "fragmentation needed" and "packet too big". */
  readonly mtu?: number;
  /** Where to send instead; in ICMP redirects. */
  readonly gateway?: string;
}

const HEADER_LENGTH = 8;

/** Types that quote a packet. */
const ICMP = { unreachable: 3, sourceQuench: 4, redirect: 5, timeExceeded: 11, parameterProblem: 12 } as const;
const ICMPV6 = { unreachable: 1, packetTooBig: 2, timeExceeded: 3, parameterProblem: 4, redirect: 137 } as const;
const FRAGMENTATION_NEEDED = 4;

/**
 * ICMP (RFC 792, MTU in RFC 1191) and ICMPv6 (RFC 4443 section 2.1), whose headers begin alike.
 *
 *     | type:8 | code:8 | checksum:16 |
 *     | in errors: 4 bytes by type    |
 *     | in errors: the start of the packet that caused it |
 */
export function decodeIcmp(state: DecodeState, layer: IcmpLayer["layer"]): IcmpLayer | undefined {
  const { cursor } = state;
  if (!cursor.has(4)) return state.truncated(layer);
  const icmp = { layer, type: cursor.u8(), code: cursor.u8() };
  cursor.skip(2);
  if (layer === "icmp") return isIcmpError(icmp.type) ? decodeIcmpError(state, icmp) : icmp;
  if (icmp.type === ICMPV6.redirect) return decodeIcmpv6Redirect(state, icmp);
  return isIcmpv6Error(icmp.type) ? decodeIcmpv6Error(state, icmp) : icmp;
}

function isIcmpError(type: number): boolean {
  const { unreachable, sourceQuench, redirect, timeExceeded, parameterProblem } = ICMP;
  return type === unreachable || type === timeExceeded || type === parameterProblem || type === sourceQuench || type === redirect;
}

function isIcmpv6Error(type: number): boolean {
  return type >= ICMPV6.unreachable && type <= ICMPV6.parameterProblem;
}

/** The length of the quote, in 4-byte words, is 0 where nothing follows it (RFC 4884 section 4.1 to 4.3). */
function decodeIcmpError(state: DecodeState, icmp: IcmpLayer): IcmpLayer {
  const { cursor } = state;
  if (!cursor.has(4)) return cutOff(state, icmp);
  if (icmp.type === ICMP.redirect || icmp.type === ICMP.sourceQuench) {
    const gateway = readIpv4(cursor);
    quote(state, "ipv4", 0);
    return icmp.type === ICMP.redirect ? { ...icmp, gateway } : icmp;
  }
  cursor.skip(1);
  const words = cursor.u8();
  const mtu = cursor.u16();
  quote(state, "ipv4", words * 4);
  return icmp.type === ICMP.unreachable && icmp.code === FRAGMENTATION_NEEDED ? { ...icmp, mtu } : icmp;
}

/** The length of the quote is in 8-byte words, and only in two of the types (RFC 4884 section 4.4 and 4.5). */
function decodeIcmpv6Error(state: DecodeState, icmp: IcmpLayer): IcmpLayer {
  const { cursor } = state;
  if (!cursor.has(4)) return cutOff(state, icmp);
  const value = cursor.u32();
  const hasLength = icmp.type === ICMPV6.unreachable || icmp.type === ICMPV6.timeExceeded;
  quote(state, "ipv6", hasLength ? (value >>> 24) * 8 : 0);
  return icmp.type === ICMPV6.packetTooBig ? { ...icmp, mtu: value } : icmp;
}

const NEIGHBOUR_REDIRECT_LENGTH = 36;
const REDIRECTED_HEADER = 4;

/** Redirect of neighbour discovery, RFC 4861 section 4.5: the packet is in an option (section 4.6.3), if at all. */
function decodeIcmpv6Redirect(state: DecodeState, icmp: IcmpLayer): IcmpLayer {
  const { cursor } = state;
  if (!cursor.has(NEIGHBOUR_REDIRECT_LENGTH)) return cutOff(state, icmp);
  cursor.skip(NEIGHBOUR_REDIRECT_LENGTH);
  while (cursor.has(8)) {
    const type = cursor.u8();
    const length = cursor.u8() * 8;
    if (length === 0) break;
    if (type === REDIRECTED_HEADER) {
      cursor.skip(6);
      quote(state, "ipv6", length - 8);
      break;
    }
    cursor.skip(length - 2);
  }
  return icmp;
}

function cutOff(state: DecodeState, icmp: IcmpLayer): IcmpLayer {
  state.truncated(icmp.layer);
  return icmp;
}

/** @param length in bytes; 0 when the quote fills the rest of the packet */
function quote(state: DecodeState, layer: "ipv4" | "ipv6", length: number): void {
  const { offset } = state.cursor;
  const packetEnd = offset - HEADER_LENGTH + state.payloadLength;
  state.enterQuote(length === 0 ? packetEnd : Math.min(offset + length, packetEnd));
  state.next = layer;
}

export function icmpText(icmp: IcmpLayer): string {
  const mtu = icmp.mtu === undefined ? "" : ` mtu ${icmp.mtu}`;
  const gateway = icmp.gateway === undefined ? "" : ` gateway ${icmp.gateway}`;
  return ` type ${icmp.type} code ${icmp.code}${mtu}${gateway}`;
}
