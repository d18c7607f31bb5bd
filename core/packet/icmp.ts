import type { DecodeState } from "./decode-state.ts";

export interface IcmpLayer {
  readonly layer: "icmp" | "icmpv6";
  readonly type: number;
  readonly code: number;
}

/**
 * ICMP (RFC 792) and ICMPv6 (RFC 4443 section 2.1), whose headers begin alike.
 *
 *     | type:8 | code:8 | checksum:16 |
 */
export function decodeIcmp(state: DecodeState, layer: IcmpLayer["layer"]): IcmpLayer | undefined {
  const { cursor } = state;
  if (!cursor.has(4)) return state.truncated(layer);
  return { layer, type: cursor.u8(), code: cursor.u8() };
}

export function icmpText(icmp: IcmpLayer): string {
  return ` type ${icmp.type} code ${icmp.code}`;
}
