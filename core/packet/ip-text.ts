/** Text that IPv4 and IPv6 share. */

/** Ports of a transport layer (TCP, UDP, SCTP). */
export interface Ports {
  readonly srcPort: number;
  readonly dstPort: number;
}

const ECN_TEXT: readonly string[] = ["", " ECT(1)", " ECT(0)", " CE"];

/**
 * Text of each type-of-service or traffic class byte with the meaning of its ECN bits (RFC 3168 section 5):
 * `0xba ECT(0)`.
 */
export const TRAFFIC_CLASS_TEXT: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => `0x${byte.toString(16)}${ECN_TEXT[byte & 3]!}`,
);

/** `SRC[.port] > DST[.port]`. */
export function endpointsText(ip: { readonly src: string; readonly dst: string }, ports: Ports | undefined): string {
  if (ports === undefined) return `${ip.src} > ${ip.dst}`;
  return `${ip.src}.${ports.srcPort} > ${ip.dst}.${ports.dstPort}`;
}
