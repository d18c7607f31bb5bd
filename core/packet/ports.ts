import type { DecodeState } from "./decode-state.ts";

/** The ports of a TCP, UDP or SCTP header whose rest is missing: not captured, in a later fragment, or not quoted by ICMP. */
export interface PortsLayer {
  readonly layer: "ports";
  readonly srcPort: number;
  readonly dstPort: number;
}

/** The first four bytes of these protocols' headers; `DecodeState.cutTransport` has made sure that they are there. */
export function decodePorts({ cursor }: DecodeState): PortsLayer {
  return { layer: "ports", srcPort: cursor.u16(), dstPort: cursor.u16() };
}
