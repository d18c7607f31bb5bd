/** Text that IPv4 and IPv6 share. */

/** Ports of a transport layer (TCP, UDP, SCTP). */
export interface Ports {
  readonly srcPort: number;
  readonly dstPort: number;
}

/** By the two ECN bits, RFC 3168 section 5. */
export const ECN_TEXT: readonly string[] = ["", " ECT(1)", " ECT(0)", " CE"];

/** `SRC[.port] > DST[.port]`. */
export function endpointsText(ip: { readonly src: string; readonly dst: string }, ports: Ports | undefined): string {
  if (ports === undefined) return `${ip.src} > ${ip.dst}`;
  return `${ip.src}.${ports.srcPort} > ${ip.dst}.${ports.dstPort}`;
}
