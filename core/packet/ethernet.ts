import { macAddress } from "../base/address.ts";
import type { DecodeState } from "./decode-state.ts";
import { linkTypeText } from "./ethertype.ts";
import { nextByLinkType } from "./next-layer.ts";

export interface EthernetLayer {
  readonly layer: "ethernet";
  /** 48 bits; the text, which is rarely wanted, comes from `macAddress`. */
  readonly src: number;
  /** As `src`. */
  readonly dst: number;
  /** Up to 1500, the length of an IEEE 802.3 frame. */
  readonly ethertype: number;
}

/**
 * Ethernet, IEEE 802.3 clause 3; the frame check sequence is never captured.
 *
 *     |  destination (6)  |  source (6)  | ethertype or length (2) |
 */
export function decodeEthernet(state: DecodeState): EthernetLayer | undefined {
  const { cursor } = state;
  if (!cursor.has(14)) return state.truncated("ethernet");
  const dst = cursor.u48();
  const src = cursor.u48();
  const ethertype = cursor.u16();
  nextByLinkType(state, ethertype);
  return { layer: "ethernet", src, dst, ethertype };
}

export function ethernetText(ethernet: EthernetLayer): string {
  return `${macAddress(ethernet.src)} > ${macAddress(ethernet.dst)} ${linkTypeText(ethernet.ethertype)}`;
}
