import type { DecodeState } from "./decode-state.ts";

export interface UdpLayer {
  readonly layer: "udp";
  readonly srcPort: number;
  readonly dstPort: number;
  /** Length of header and data in bytes, as the header gives it. */
  readonly length: number;
}

const HEADER_LENGTH = 8;

/**
 * UDP, RFC 768. Tunnels are recognised by the destination port: VXLAN 4789 (RFC 7348) and 8472 (Linux before that RFC),
 * Geneve 6081 (RFC 8926).
 *
 *     | source port:16 | destination port:16 |
 *     |   length:16    |     checksum:16     |
 */
export function decodeUdp(state: DecodeState): UdpLayer | undefined {
  const { cursor } = state;
  if (!cursor.has(HEADER_LENGTH)) return state.cutTransport("udp");
  const srcPort = cursor.u16();
  const dstPort = cursor.u16();
  const length = cursor.u16();
  cursor.skip(2);
  if (dstPort === 4789 || dstPort === 8472) state.next = "vxlan";
  else if (dstPort === 6081) state.next = "geneve";
  return { layer: "udp", srcPort, dstPort, length };
}

export function udpText(udp: UdpLayer): string {
  return ` len ${Math.max(udp.length - HEADER_LENGTH, 0)}`;
}
