/** Bytes of a captured packet → its layers. */
import { decodeAh } from "./ah.ts";
import { decodeArp } from "./arp.ts";
import { DecodeState } from "./decode-state.ts";
import type { LayerName } from "./decode-status.ts";
import { decodeEsp } from "./esp.ts";
import { decodeEthernet } from "./ethernet.ts";
import { decodeGeneve } from "./geneve.ts";
import { decodeGre } from "./gre.ts";
import { decodeIcmp } from "./icmp.ts";
import { decodeIpv4 } from "./ipv4.ts";
import { decodeIpv6 } from "./ipv6.ts";
import type { DecodedPacket, Layer } from "./layer.ts";
import { decodeLlc } from "./llc.ts";
import { decodeMacsec } from "./macsec.ts";
import { decodeMpls } from "./mpls.ts";
import { nextByVersion } from "./next-layer.ts";
import { decodePorts } from "./ports.ts";
import { decodeSctp } from "./sctp.ts";
import { decodeTcp } from "./tcp.ts";
import { decodeUdp } from "./udp.ts";
import { decodeVlan } from "./vlan.ts";
import { decodeVxlan } from "./vxlan.ts";

export interface DecodeOptions {
  /** What the bytes begin with: an Ethernet header (default), or an IPv4 or IPv6 header (`raw`). */
  readonly linkLayer?: "ethernet" | "raw";
}

/** More headers than this in one packet are a forgery or a loop. */
export const MAX_LAYERS = 16;

/**
 * Decodes a packet as far as its bytes reach. Never throws: what is good is kept, and the status says why there is no
 * more. The result holds no reference to `bytes`.
 */
export function decodePacket(bytes: Uint8Array, options?: DecodeOptions): DecodedPacket {
  const state = new DecodeState(bytes);
  if (options?.linkLayer === "raw") nextByVersion(state);
  else state.next = "ethernet";
  const layers: Layer[] = [];
  for (let name = state.next; name !== undefined; name = state.next) {
    if (layers.length === MAX_LAYERS) {
      state.unsupported("nesting", MAX_LAYERS);
      break;
    }
    state.next = undefined;
    const layer = decodeLayer(name, state);
    if (layer !== undefined) layers.push(layer);
  }
  return { layers, status: state.status };
}

function decodeLayer(name: LayerName, state: DecodeState): Layer | undefined {
  switch (name) {
    case "ethernet":
      return decodeEthernet(state);
    case "llc":
      return decodeLlc(state);
    case "vlan":
      return decodeVlan(state);
    case "macsec":
      return decodeMacsec(state);
    case "mpls":
      return decodeMpls(state);
    case "arp":
      return decodeArp(state);
    case "ipv4":
      return decodeIpv4(state);
    case "ipv6":
      return decodeIpv6(state);
    case "gre":
      return decodeGre(state);
    case "ah":
      return decodeAh(state);
    case "esp":
      return decodeEsp(state);
    case "icmp":
    case "icmpv6":
      return decodeIcmp(state, name);
    case "tcp":
      return decodeTcp(state);
    case "udp":
      return decodeUdp(state);
    case "sctp":
      return decodeSctp(state);
    case "ports":
      return decodePorts(state);
    case "vxlan":
      return decodeVxlan(state);
    case "geneve":
      return decodeGeneve(state);
  }
}
