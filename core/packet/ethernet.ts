import { macAddress } from "../base/address.ts";
import type { DecodeState } from "./decode-state.ts";
import { ethertypeText, isKnownEthertype } from "./ethertype.ts";
import { nextByLinkType } from "./next-layer.ts";

export interface EthernetLayer {
  readonly layer: "ethernet";
  /** 48 bits; the text, which is rarely wanted, comes from `macAddress`. */
  readonly src: number;
  /** As `src`. */
  readonly dst: number;
  readonly ethertype: number;
}

/**
 * Ethernet II, IEEE 802.3 clause 3; the frame check sequence is never captured.
 *
 *     |  destination (6)  |  source (6)  | ethertype (2) |
 *
 * An ethertype without a name most likely means that the bytes are not an Ethernet frame at all, so nothing of it is kept.
 */
export function decodeEthernet(state: DecodeState): EthernetLayer | undefined {
  const { cursor } = state;
  if (!cursor.has(14)) return state.truncated("ethernet");
  const dst = cursor.u48();
  const src = cursor.u48();
  const ethertype = cursor.u16();
  if (!isKnownEthertype(ethertype)) return state.unsupported("ethertype", ethertype);
  nextByLinkType(state, ethertype);
  return { layer: "ethernet", src, dst, ethertype };
}

export function ethernetText(ethernet: EthernetLayer): string {
  return `${macAddress(ethernet.src)} > ${macAddress(ethernet.dst)} ethertype ${ethertypeText(ethernet.ethertype)}`;
}
