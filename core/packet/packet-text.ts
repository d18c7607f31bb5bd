/** Layers of a packet → one line of text; the grammar is in README.md. */
import { ahText } from "./ah.ts";
import { arpText } from "./arp.ts";
import { decodePacket } from "./decode-packet.ts";
import { DecodeState } from "./decode-state.ts";
import { type DecodeStatus, statusText, type TruncatedPart } from "./decode-status.ts";
import { espText } from "./esp.ts";
import { ethernetText } from "./ethernet.ts";
import { geneveText } from "./geneve.ts";
import { greText } from "./gre.ts";
import { HeaderCache, ipv4Identification, ipv4TotalLength, isUdp, transportOffset } from "./header-cache.ts";
import { icmpText } from "./icmp.ts";
import type { Ports } from "./ip-text.ts";
import { ipv4Text } from "./ipv4.ts";
import { ipv6Text } from "./ipv6.ts";
import type { DecodedPacket, Layer } from "./layer.ts";
import { llcText } from "./llc.ts";
import { macsecSummary, macsecText } from "./macsec.ts";
import { mplsText } from "./mpls.ts";
import { portsAfter } from "./ports-after.ts";
import { sctpText } from "./sctp.ts";
import { decodeTcp, tcpText } from "./tcp.ts";
import { udpText } from "./udp.ts";
import { vlanText } from "./vlan.ts";
import { vxlanText } from "./vxlan.ts";

export interface PacketTextOptions {
  /** Whether Ethernet, VLAN and MACsec headers are shown. */
  readonly linkLayer: boolean;
}

/** One line without a line end. Bytes are taken as an Ethernet frame. Never throws. */
export function packetText(packet: DecodedPacket | Uint8Array, options: PacketTextOptions): string {
  const known = packet instanceof Uint8Array && !options.linkLayer ? frequentPacketText(packet) : undefined;
  return known ?? composedText(packet, options);
}

/** What the text of packets with the same headers has in common: what is before and after the identification. */
const frequentTexts = new HeaderCache((packet) => {
  const text = composedText(packet, { linkLayer: false });
  const mark = ` id ${ipv4Identification(packet)} off `;
  const at = text.indexOf(mark);
  const transport = isUdp(packet) ? "" : tcpTextOf(packet);
  if (at < 0 || transport === undefined || !text.endsWith(transport)) return undefined;
  return { before: text.slice(0, at), after: text.slice(at + mark.length, text.length - transport.length) };
});

function frequentPacketText(packet: Uint8Array): string | undefined {
  const known = frequentTexts.of(packet);
  if (known === undefined) return undefined;
  const transport = isUdp(packet) ? "" : tcpTextOf(packet);
  return transport === undefined ? undefined : `${known.before} id ${ipv4Identification(packet)} off ${known.after}${transport}`;
}

/** What the texts of UDP packets with these headers have before and after the identification; undefined for other packets. */
export function udpTextParts(packet: Uint8Array): { readonly before: string; readonly after: string } | undefined {
  const known = isUdp(packet) ? frequentTexts.of(packet) : undefined;
  return known && { before: `${known.before} id `, after: ` off ${known.after}` };
}

/** Text of the TCP header of a packet of the frequent kind. */
function tcpTextOf(packet: Uint8Array): string | undefined {
  const length = ipv4TotalLength(packet);
  const state = new DecodeState(packet);
  state.cursor.skip(transportOffset);
  state.limitPacket(transportOffset - 20 + length, false);
  state.payloadLength = length - 20;
  const tcp = decodeTcp(state);
  return tcp && tcpText(tcp);
}

function composedText(packet: DecodedPacket | Uint8Array, options: PacketTextOptions): string {
  const { layers, status } = packet instanceof Uint8Array ? decodePacket(packet) : packet;
  const { linkLayer } = options;
  let text = "";
  let before: Layer | undefined;
  for (let i = 0; i < layers.length; i++) {
    const layer = layers[i]!;
    if (isNetworkLayer(layer.layer) && isSeparated(before, linkLayer)) text += " ";
    if (isIcmp(before)) text += "original ";
    text += layerText(layer, portsAfter(layers, i), linkLayer);
    before = layer;
  }
  if (status.kind === "complete") return text;
  if (statusText(status) === "") return text.trimEnd();
  return text + (endsInNetworkLayer(status) && isSeparated(before, linkLayer) ? " " : "") + statusText(status);
}

function layerText(layer: Layer, ports: Ports | undefined, linkLayer: boolean): string {
  switch (layer.layer) {
    case "ethernet":
      return linkLayer ? ethernetText(layer) : "";
    case "llc":
      return linkLayer ? llcText(layer) : "";
    case "vlan":
      return linkLayer ? vlanText(layer) : "";
    case "macsec":
      return linkLayer ? macsecText(layer) : macsecSummary(layer);
    case "mpls":
      return mplsText(layer);
    case "arp":
      return arpText(layer);
    case "ipv4":
      return ipv4Text(layer, ports);
    case "ipv6":
      return ipv6Text(layer, ports);
    case "gre":
      return greText(layer);
    case "ah":
      return ahText(layer);
    case "esp":
      return espText(layer);
    case "icmp":
    case "icmpv6":
      return icmpText(layer);
    case "tcp":
      return tcpText(layer);
    case "udp":
      return udpText(layer);
    case "sctp":
      return sctpText(layer);
    case "ports":
      return "";
    case "vxlan":
      return vxlanText(layer);
    case "geneve":
      return geneveText(layer, linkLayer);
  }
}

function isIcmp(layer: Layer | undefined): boolean {
  return layer?.layer === "icmp" || layer?.layer === "icmpv6";
}

/** Layers that an ethertype leads to; their text begins without a space of its own. */
function isNetworkLayer(name: TruncatedPart): boolean {
  return name === "ipv4" || name === "ipv6" || name === "arp" || name === "macsec" || name === "mpls";
}

/** Whether a space must part a network layer from the layer before it; tunnel headers end in one already. */
function isSeparated(before: Layer | undefined, linkLayer: boolean): boolean {
  switch (before?.layer) {
    case "ethernet":
    case "llc":
    case "vlan":
    case "macsec":
      return linkLayer;
    case "ipv4":
    case "ipv6":
    case "ah":
    case "icmp":
    case "icmpv6":
      return true;
    default:
      return false;
  }
}

/** Whether decoding ended where the text of a network layer would have begun. */
function endsInNetworkLayer(status: DecodeStatus): boolean {
  if (status.kind === "unsupported") return status.what === "ethertype";
  return status.kind === "truncated" && isNetworkLayer(status.at);
}
