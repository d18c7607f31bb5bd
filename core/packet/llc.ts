import type { DecodeState } from "./decode-state.ts";
import { nextByLinkType } from "./next-layer.ts";

export interface LlcLayer {
  readonly layer: "llc";
  readonly dsap: number;
  readonly ssap: number;
  /** One byte in unnumbered frames, two in others. */
  readonly control: number;
  /** Only with SNAP: whose protocol numbers follow, 0 for ethertypes. */
  readonly oui?: number;
  /** Only with SNAP. */
  readonly protocol?: number;
}

const SNAP = 0xaa;
const UNNUMBERED_INFORMATION = 0x03;

/** Names of service access points (IEEE 802.2, linux/llc.h); the lowest bit, group or response, is not part of them. */
const SAP_NAMES: ReadonlyMap<number, string> = new Map([
  [0x00, "Null"],
  [0x42, "STP"],
  [SNAP, "SNAP"],
  [0xe0, "IPX"],
  [0xf0, "NetBIOS"],
  [0xfe, "OSI"],
]);

/**
 * LLC, IEEE 802.2 clause 3, and SNAP, IEEE 802 clause 9.5, in IEEE 802.3 frames. Of their payloads only those that SNAP
 * names by ethertype are decoded.
 *
 *     | DSAP:8 | SSAP:8 | control:8 or 16 | with SNAP: OUI:24 | protocol:16 |
 */
export function decodeLlc(state: DecodeState): LlcLayer | undefined {
  const { cursor } = state;
  if (!cursor.has(3)) return state.truncated("llc");
  const dsap = cursor.u8();
  const ssap = cursor.u8();
  const isUnnumbered = (cursor.peek() & 3) === 3;
  if (!isUnnumbered && !cursor.has(2)) return state.truncated("llc");
  const control = isUnnumbered ? cursor.u8() : cursor.u16();
  const llc = { layer: "llc", dsap, ssap, control } as const;
  if (dsap !== SNAP || control !== UNNUMBERED_INFORMATION) {
    state.unsupported("llc", dsap);
    return llc;
  }
  if (!cursor.has(5)) {
    state.truncated("llc");
    return llc;
  }
  const snap = { ...llc, oui: cursor.u24(), protocol: cursor.u16() };
  if (snap.oui === 0) nextByLinkType(state, snap.protocol);
  else state.unsupported("llc", dsap);
  return snap;
}

/** ` llc dsap STP (0x42) ssap STP (0x42) ctrl 0x3`, with SNAP also ` oui 0x00000c pid 0x2000`. */
export function llcText(llc: LlcLayer): string {
  const text = ` llc dsap ${sapText(llc.dsap)} ssap ${sapText(llc.ssap)} ctrl 0x${llc.control.toString(16)}`;
  if (llc.oui === undefined || llc.protocol === undefined) return text;
  return `${text} oui 0x${llc.oui.toString(16).padStart(6, "0")} pid 0x${llc.protocol.toString(16).padStart(4, "0")}`;
}

function sapText(sap: number): string {
  const name = SAP_NAMES.get(sap & 0xfe);
  const number = `(0x${sap.toString(16).padStart(2, "0")})`;
  return name === undefined ? number : `${name} ${number}`;
}
