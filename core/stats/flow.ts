import { type DecodeOptions, decodePacket } from "../packet/decode-packet.ts";
import { endpointsText, type Ports } from "../packet/ip-text.ts";
import { protocolText } from "../packet/ip-protocol.ts";
import type { Layer } from "../packet/layer.ts";

/**
 * Who sends to whom, in one direction: `10.0.0.1.40000 > 10.0.0.2.80 TCP (6)`, with `ARP` for ARP, and without ports where
 * there are none. Within tunnels the innermost packet counts, as outside all share the addresses of the tunnel's ends.
 * Undefined for bytes that are neither IP nor ARP.
 *
 * @param bytes of a captured packet, from its Ethernet header on
 */
export function flowOf(bytes: Uint8Array, options?: DecodeOptions): string | undefined {
  const { layers } = decodePacket(bytes, options);
  const at = layers.findLastIndex(({ layer }) => layer === "ipv4" || layer === "ipv6" || layer === "arp");
  const network = layers[at];
  switch (network?.layer) {
    case "arp":
      return `${network.senderIp} > ${network.targetIp} ARP`;
    case "ipv4":
    case "ipv6":
      return endpointsText(network, portsAfter(layers, at)) + (network.protocol === undefined ? "" : ` ${protocolText(network.protocol)}`);
    default:
      return undefined;
  }
}

function portsAfter(layers: readonly Layer[], at: number): Ports | undefined {
  return layers.slice(at + 1).find((layer) => layer.layer === "tcp" || layer.layer === "udp" || layer.layer === "sctp");
}
