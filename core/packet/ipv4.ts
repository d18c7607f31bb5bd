import { readIpv4 } from "./address.ts";
import type { DecodeState } from "./decode-state.ts";
import { endpointsText, type Ports, TRAFFIC_CLASS_TEXT } from "./ip-text.ts";
import { readIpv4Options } from "./ipv4-options.ts";
import { protocolText } from "./ip-protocol.ts";
import { nextByProtocol } from "./next-layer.ts";

export interface Ipv4Layer {
  readonly layer: "ipv4";
  readonly src: string;
  readonly dst: string;
  /** The whole type-of-service byte: DSCP in the upper six bits, ECN in the lower two. */
  readonly tos: number;
  /** Length of header and payload in bytes; 0 when it does not fit (large offload packets). */
  readonly totalLength: number;
  readonly id: number;
  readonly reservedFlag: boolean;
  readonly dontFragment: boolean;
  readonly moreFragments: boolean;
  /** In bytes; not 0 for all but the first fragment. */
  readonly fragmentOffset: number;
  readonly ttl: number;
  readonly protocol: number;
  /** Names of the options, `RR` or `opt-30`. */
  readonly options: readonly string[];
}

const FIXED_LENGTH = 20;
const NO_OPTIONS: readonly string[] = [];

/**
 * IPv4, RFC 791 section 3.1; the ToS byte is RFC 2474 and RFC 3168.
 *
 *     | version:4 | IHL:4 | ToS:8 |    total length:16       |
 *     |           id:16           | 0:1 DF:1 MF:1 offset:13  |
 *     |   TTL:8   |  protocol:8   |       checksum:16        |
 *     |                       source:32                      |
 *     |                    destination:32                    |
 *     |       options, up to IHL * 4 bytes in all            |
 */
export function decodeIpv4(state: DecodeState): Ipv4Layer | undefined {
  const { cursor } = state;
  if (!cursor.has(FIXED_LENGTH)) return state.truncated("ipv4");
  const start = cursor.offset;
  const headerLength = (cursor.u8() & 0xf) * 4;
  const tos = cursor.u8();
  const totalLength = cursor.u16();
  const id = cursor.u16();
  const fragment = cursor.u16();
  const ttl = cursor.u8();
  const protocol = cursor.u8();
  cursor.skip(2);
  const src = readIpv4(cursor);
  const dst = readIpv4(cursor);
  const options = headerLength > FIXED_LENGTH ? readIpv4Options(cursor.take(headerLength - FIXED_LENGTH)) : NO_OPTIONS;
  const ipv4: Ipv4Layer = {
    layer: "ipv4",
    src,
    dst,
    tos,
    totalLength,
    id,
    reservedFlag: (fragment & 0x8000) !== 0,
    dontFragment: (fragment & 0x4000) !== 0,
    moreFragments: (fragment & 0x2000) !== 0,
    fragmentOffset: (fragment & 0x1fff) * 8,
    ttl,
    protocol,
    options,
  };
  enterPayload(state, ipv4, start, headerLength);
  return ipv4;
}

function enterPayload(state: DecodeState, ipv4: Ipv4Layer, start: number, headerLength: number): void {
  // Large offload packets carry a total length of 0; then the capture is all there is to go by. A header length below
  // the minimum leaves no payload that could be trusted.
  const end = headerLength < FIXED_LENGTH ? start : ipv4.totalLength === 0 ? state.cursor.end : start + ipv4.totalLength;
  state.payloadLength = Math.max(end - start - headerLength, 0);
  state.limitPacket(end, ipv4.moreFragments && ipv4.fragmentOffset === 0);
  if (ipv4.fragmentOffset > 0) state.fragment();
  else nextByProtocol(state, ipv4.protocol);
}

/** @param ports of the transport layer that follows, if one was decoded */
export function ipv4Text(ipv4: Ipv4Layer, ports: Ports | undefined): string {
  const length = ipv4.totalLength === 0 ? "" : ` len ${ipv4.totalLength}`;
  const options = ipv4.options.length === 0 ? "" : ` opts [${ipv4.options.join(",")}]`;
  const fragment = ipv4.fragmentOffset === 0 ? "" : " frag";
  return (
    `${endpointsText(ipv4, ports)} tos ${TRAFFIC_CLASS_TEXT[ipv4.tos]!} ttl ${ipv4.ttl} id ${ipv4.id} ` +
    `off ${ipv4.fragmentOffset}${flagsText(ipv4)}${length}${options} proto ${protocolText(ipv4.protocol)}${fragment}`
  );
}

function flagsText(ipv4: Ipv4Layer): string {
  if (ipv4.moreFragments) {
    return ` [+${ipv4.dontFragment ? ",DF" : ""}${ipv4.reservedFlag ? ",rsvd" : ""}]`;
  }
  if (ipv4.dontFragment) return ipv4.reservedFlag ? " [DF,rsvd]" : " [DF]";
  return ipv4.reservedFlag ? " [rsvd]" : "";
}
