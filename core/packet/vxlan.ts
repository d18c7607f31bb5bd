import type { DecodeState } from "./decode-state.ts";

export interface VxlanLayer {
  readonly layer: "vxlan";
  /** The I flag: the network identifier is valid. */
  readonly vniValid: boolean;
  readonly vni: number;
}

/**
 * VXLAN, RFC 7348 section 5; an Ethernet frame follows.
 *
 *     | R R R R I R R R | reserved:24 |
 *     |        VNI:24       | reserved:8 |
 */
export function decodeVxlan(state: DecodeState): VxlanLayer | undefined {
  const { cursor } = state;
  if (!cursor.has(8)) return state.truncated("vxlan");
  const vniValid = (cursor.u8() & 0x08) !== 0;
  cursor.skip(3);
  const vni = cursor.u24();
  cursor.skip(1);
  state.next = "ethernet";
  return { layer: "vxlan", vniValid, vni };
}

export function vxlanText(vxlan: VxlanLayer): string {
  return ` vxlan [${vxlan.vniValid ? "I" : ""}] vni 0x${vxlan.vni.toString(16)} `;
}
