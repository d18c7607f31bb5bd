import { type DecodeOptions, decodePacket } from "../packet/decode-packet.ts";
import { endpointsText } from "../packet/ip-text.ts";
import { portsAfter } from "../packet/ports-after.ts";
import { withoutQuote } from "../packet/without-quote.ts";
import { protocolText } from "../packet/ip-protocol.ts";

/**
 * Who sends to whom, in one direction: `10.0.0.1.40000 > 10.0.0.2.80 TCP (6)`, with `ARP` for ARP, and without ports where
 * there are none. Within tunnels the innermost packet counts, as outside all share the addresses of the tunnel's ends.
 * What an ICMP error quotes went the other way and does not count. Undefined for bytes that are neither IP nor ARP.
 *
 * @param bytes of a captured packet, from its Ethernet header on
 */
export function flowOf(bytes: Uint8Array, options?: DecodeOptions): string | undefined {
  const layers = withoutQuote(decodePacket(bytes, options).layers);
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
