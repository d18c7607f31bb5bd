import { readIpv6 } from "./address.ts";
import type { DecodeState } from "./decode-state.ts";
import { endpointsText, type Ports, TRAFFIC_CLASS_TEXT } from "./ip-text.ts";
import { IP_PROTOCOL, protocolText } from "./ip-protocol.ts";
import { extensionName, type Ipv6Extension, isIpv6Extension, readIpv6Extension } from "./ipv6-extension.ts";
import { nextByProtocol } from "./next-layer.ts";

export interface Ipv6Layer {
  readonly layer: "ipv6";
  readonly src: string;
  readonly dst: string;
  /** The whole traffic class byte: DSCP in the upper six bits, ECN in the lower two. */
  readonly trafficClass: number;
  readonly flowLabel: number;
  /** Length in bytes of all that follows the fixed header; 0 when it does not fit (large offload packets, RFC 2675). */
  readonly payloadLength: number;
  readonly hopLimit: number;
  readonly extensions: readonly Ipv6Extension[];
  /** What follows the extensions; undefined when it could not be reached, 59 when nothing follows. */
  readonly protocol: number | undefined;
}

const FIXED_LENGTH = 40;
const MAX_EXTENSIONS = 16;
const NO_EXTENSIONS: readonly Ipv6Extension[] = [];

/**
 * IPv6, RFC 8200 section 3.
 *
 *     | version:4 | traffic class:8 |     flow label:20        |
 *     |   payload length:16   | next header:8 | hop limit:8    |
 *     |                      source:128                        |
 *     |                   destination:128                      |
 *
 * Extension headers belong to this layer, except AH and ESP, which are layers of their own.
 */
export function decodeIpv6(state: DecodeState): Ipv6Layer | undefined {
  const { cursor } = state;
  if (!cursor.has(FIXED_LENGTH)) return state.truncated("ipv6");
  const start = cursor.offset;
  const first = cursor.u32();
  const payloadLength = cursor.u16();
  const nextHeader = cursor.u8();
  const hopLimit = cursor.u8();
  const src = readIpv6(cursor);
  const dst = readIpv6(cursor);
  const end = payloadLength === 0 ? cursor.end : start + FIXED_LENGTH + payloadLength;
  state.payloadLength = end - start - FIXED_LENGTH;
  state.limitPacket(end, false);
  const extensions = isIpv6Extension(nextHeader) ? readExtensions(state, nextHeader, end) : NO_EXTENSIONS;
  return {
    layer: "ipv6",
    src,
    dst,
    trafficClass: (first >>> 20) & 0xff,
    flowLabel: first & 0xfffff,
    payloadLength,
    hopLimit,
    extensions,
    protocol: enterPayload(state, nextHeader, extensions),
  };
}

/** Reads extension headers until something else follows or one cannot be read; the latter ends the packet. */
function readExtensions(state: DecodeState, nextHeader: number, packetEnd: number): readonly Ipv6Extension[] {
  const extensions: Ipv6Extension[] = [];
  for (let header = nextHeader; isIpv6Extension(header); ) {
    if (extensions.length === MAX_EXTENSIONS) {
      state.unsupported("nesting", MAX_EXTENSIONS);
      break;
    }
    const extension = readIpv6Extension(state.cursor, header);
    if (extension === undefined) {
      state.truncated("ipv6-extension");
      break;
    }
    extensions.push(extension);
    state.payloadLength = Math.max(state.payloadLength - extension.length, 0);
    const { fragment } = extension;
    if (fragment !== undefined && fragment.offset > 0) {
      state.fragment();
      break;
    }
    if (fragment?.more) state.limitPacket(packetEnd, true);
    header = extension.nextHeader;
  }
  return extensions;
}

/** Sets the next layer unless the packet has already ended; returns the protocol that follows the extensions. */
function enterPayload(state: DecodeState, nextHeader: number, extensions: readonly Ipv6Extension[]): number | undefined {
  const protocol = extensions.at(-1)?.nextHeader ?? nextHeader;
  if (state.status.kind === "fragment") return protocol;
  if (state.status.kind !== "complete") return undefined;
  if (protocol !== IP_PROTOCOL.noNextHeader) nextByProtocol(state, protocol);
  return protocol;
}

/** @param ports of the transport layer that follows, if one was decoded */
export function ipv6Text(ipv6: Ipv6Layer, ports: Ports | undefined): string {
  const { trafficClass, extensions, protocol } = ipv6;
  const tclass = trafficClass === 0 ? "" : ` tclass ${TRAFFIC_CLASS_TEXT[trafficClass]!}`;
  const length = ipv6.payloadLength === 0 ? "" : ` len ${ipv6.payloadLength}`;
  const exts = extensions.length === 0 ? "" : ` exts [${extensions.map(extensionName).join(",")}]`;
  const text = `${endpointsText(ipv6, ports)}${tclass} ttl ${ipv6.hopLimit} ` + `label 0x${ipv6.flowLabel.toString(16)}${length}${exts}`;
  if (protocol === undefined || protocol === IP_PROTOCOL.noNextHeader) return text;
  const laterFragment = (extensions.at(-1)?.fragment?.offset ?? 0) > 0;
  return `${text} proto ${protocolText(protocol)}${laterFragment ? " frag" : ""}`;
}
