import type { DecodeState } from "./decode-state.ts";
import { linkTypeText } from "./ethertype.ts";
import { nextByLinkType } from "./next-layer.ts";

export interface VlanLayer {
  readonly layer: "vlan";
  readonly vid: number;
  /** Priority code point, 0 … 7. */
  readonly pcp: number;
  /** Drop eligible indicator. */
  readonly dei: boolean;
  /** Up to 1500, the length of an IEEE 802.3 frame. */
  readonly ethertype: number;
}

/**
 * VLAN tag, IEEE 802.1Q clause 9.6, after its TPID (0x8100, 0x88a8 or 0x9100).
 *
 *     | PCP:3 | DEI:1 | VID:12 | ethertype:16 |
 */
export function decodeVlan(state: DecodeState): VlanLayer | undefined {
  const { cursor } = state;
  if (!cursor.has(4)) return state.truncated("vlan");
  const tag = cursor.u16();
  const ethertype = cursor.u16();
  nextByLinkType(state, ethertype);
  return { layer: "vlan", vid: tag & 0xfff, pcp: tag >>> 13, dei: (tag & 0x1000) !== 0, ethertype };
}

export function vlanText(vlan: VlanLayer): string {
  return ` vlan ${vlan.vid} p ${vlan.pcp}${vlan.dei ? " DEI" : ""} ${linkTypeText(vlan.ethertype)}`;
}
