import type { DecodeState } from "./decode-state.ts";
import { nextByLinkType } from "./next-layer.ts";

export interface MacsecLayer {
  readonly layer: "macsec";
  /** Association number, 0 … 3. */
  readonly an: number;
  readonly packetNumber: number;
  /** Tag control bits: 0x10 end station, 0x08 SCI present, 0x04 single copy broadcast, 0x02 encrypted, 0x01 changed. */
  readonly control: number;
  /** Length of a short payload, 0 when it has 48 bytes or more. */
  readonly shortLength: number;
  /** Secure channel identifier as 16 hexadecimal digits, when present. */
  readonly sci?: string;
}

const ENCRYPTED = 0x02;
const CHANGED = 0x01;
const SCI_PRESENT = 0x08;

/** Letters in the order they are printed. */
const CONTROL_LETTERS = [
  [ENCRYPTED, "E"],
  [CHANGED, "C"],
  [0x10, "S"],
  [0x04, "B"],
  [SCI_PRESENT, "I"],
] as const;

/**
 * MACsec SecTAG, IEEE 802.1AE clause 9, after its ethertype.
 *
 *     | control:6 | AN:2 | 0:2 | short length:6 | packet number:32 | SCI:64 if the SC bit is set |
 *
 * Only a payload that is neither encrypted nor changed goes on, with its own ethertype.
 */
export function decodeMacsec(state: DecodeState): MacsecLayer | undefined {
  const { cursor } = state;
  if (!cursor.has(6)) return state.truncated("macsec");
  const first = cursor.u8();
  const control = first >>> 2;
  const shortLength = cursor.u8() & 0x3f;
  const packetNumber = cursor.u32();
  const header = { layer: "macsec", an: first & 3, packetNumber, control, shortLength } as const;
  if ((control & SCI_PRESENT) !== 0 && !cursor.has(8)) {
    state.truncated("macsec-payload");
    return header;
  }
  const macsec = (control & SCI_PRESENT) === 0 ? header : { ...header, sci: cursor.hex(8) };
  if (isProtected(macsec)) return macsec;
  if (cursor.has(2)) nextByLinkType(state, cursor.u16());
  else state.truncated("macsec-payload");
  return macsec;
}

/** Whether the payload cannot be read without the key. */
function isProtected(macsec: MacsecLayer): boolean {
  return (macsec.control & (ENCRYPTED | CHANGED)) !== 0;
}

export function macsecText(macsec: MacsecLayer): string {
  let letters = "";
  for (const [bit, letter] of CONTROL_LETTERS) if ((macsec.control & bit) !== 0) letters += letter;
  const shortLength = macsec.shortLength > 0 ? ` sl ${macsec.shortLength}` : "";
  const sci = macsec.sci === undefined ? "" : ` sci 0x${macsec.sci}`;
  return `an ${macsec.an} pn ${macsec.packetNumber} flags [${letters}]${shortLength}${sci}`;
}

/** What is said of MACsec when link-layer headers are not shown: nothing, unless it hides the rest of the packet. */
export function macsecSummary(macsec: MacsecLayer): string {
  return isProtected(macsec) ? "802.1AE MACsec frame" : "";
}
