/** What matters of a dropped packet when its drop is examined. */
import { decodePacket } from "../packet/decode-packet.ts";
import type { Layer } from "../packet/layer.ts";
import type { TcpLayer } from "../packet/tcp.ts";
import { portsAfter } from "../packet/ports-after.ts";
import { withoutQuote } from "../packet/without-quote.ts";

export interface PacketFacts {
  readonly version: 4 | 6;
  readonly source: string;
  readonly destination: string;
  /** Number of the transport protocol (IANA); undefined for IPv6 packets that end in their extension headers. */
  readonly protocol: number | undefined;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** Of TCP: whether it is the first of a connection. */
  readonly opensConnection?: boolean;
  readonly ttl: number;
  /** Of the IP packet, bytes. */
  readonly length: number;
  readonly dontFragment: boolean;
}

/**
 * Of the outermost IP packet: where a tunnel begins or ends, its packets are what is routed and delivered; behind it, what was captured
 * begins with the inner one.
 * @param bytes of a captured packet, from its Ethernet header on
 * @param length of the whole packet from the Ethernet header on, which may be longer than what was captured
 */
export function packetFactsOf(bytes: Uint8Array, length: number): PacketFacts | undefined {
  const layers = withoutQuote(decodePacket(bytes).layers);
  const at = layers.findIndex(({ layer }) => layer === "ipv4" || layer === "ipv6");
  const network = layers[at];
  if (network?.layer !== "ipv4" && network?.layer !== "ipv6") return undefined;
  const own = network.layer === "ipv4" ? ipv4Facts(network) : ipv6Facts(network);
  return {
    ...own,
    source: network.src,
    destination: network.dst,
    protocol: network.protocol,
    ...portFacts(layers, at),
    length: own.length === 0 ? Math.max(0, length - ethernetLength) : own.length,
  };
}

const ethernetLength = 14;
const ipv6HeaderLength = 40;

function ipv4Facts({ ttl, totalLength, dontFragment }: Extract<Layer, { layer: "ipv4" }>) {
  return { version: 4, ttl, length: totalLength, dontFragment } as const;
}

/** Routers never fragment IPv6. */
function ipv6Facts({ hopLimit, payloadLength }: Extract<Layer, { layer: "ipv6" }>) {
  return { version: 6, ttl: hopLimit, length: payloadLength === 0 ? 0 : payloadLength + ipv6HeaderLength, dontFragment: true } as const;
}

const SYN = 0x02;
const ACK = 0x10;

function portFacts(layers: readonly Layer[], at: number): Pick<PacketFacts, "sourcePort" | "destinationPort" | "opensConnection"> {
  const transport = portsAfter(layers, at);
  if (transport === undefined) return {};
  const ports = { sourcePort: transport.srcPort, destinationPort: transport.dstPort };
  return isTcp(transport) ? { ...ports, opensConnection: (transport.flags & (SYN | ACK)) === SYN } : ports;
}

function isTcp(transport: object): transport is TcpLayer {
  return "layer" in transport && transport.layer === "tcp";
}
