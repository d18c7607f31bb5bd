import type { DecodeState } from "./decode-state.ts";
import { ethertypeText } from "./ethertype.ts";
import { nextInTunnel } from "./next-layer.ts";

export interface GreLayer {
  readonly layer: "gre";
  /** The first two bytes: checksum 0x8000, key 0x2000 and sequence 0x1000 present; version in the low three bits. */
  readonly flags: number;
  /** Ethertype of the payload. */
  readonly protocol: number;
  /** Undefined when absent or not captured. */
  readonly key: number | undefined;
  /** Undefined when absent or not captured. */
  readonly sequence: number | undefined;
}

const CHECKSUM = 0x8000;
const ROUTING = 0x4000;
const KEY = 0x2000;
const SEQUENCE = 0x1000;
const VERSION = 0x0007;

/** Letters in the order they are printed. */
const FLAG_LETTERS = [
  [CHECKSUM, "C"],
  [ROUTING, "R"],
  [KEY, "K"],
  [SEQUENCE, "S"],
] as const;

/**
 * GRE version 0, RFC 2784 section 2 and RFC 2890 section 2. Source routing (RFC 1701) and version 1 (PPTP, RFC 2637)
 * have another layout, so that only the first four bytes mean anything.
 *
 *     | C:1 R:1 K:1 S:1 0:9 version:3 | protocol:16 |
 *     |   checksum:16 if C   |   reserved:16 if C   |
 *     |                key:32 if K                  |
 *     |              sequence:32 if S               |
 */
export function decodeGre(state: DecodeState): GreLayer | undefined {
  const { cursor } = state;
  if (!cursor.has(4)) return state.truncated("gre");
  const flags = cursor.u16();
  const protocol = cursor.u16();
  if ((flags & (ROUTING | VERSION)) !== 0) {
    state.unsupported("gre-flags", flags);
    return { layer: "gre", flags, protocol, key: undefined, sequence: undefined };
  }
  const complete = cursor.has(optionalLength(flags));
  if ((flags & CHECKSUM) !== 0) cursor.skip(4);
  const key = (flags & KEY) !== 0 && cursor.has(4) ? cursor.u32() : undefined;
  const sequence = (flags & SEQUENCE) !== 0 && cursor.has(4) ? cursor.u32() : undefined;
  if (complete) nextInTunnel(state, protocol);
  else state.truncated("gre");
  return { layer: "gre", flags, protocol, key, sequence };
}

function optionalLength(flags: number): number {
  return (flags & CHECKSUM ? 4 : 0) + (flags & KEY ? 4 : 0) + (flags & SEQUENCE ? 4 : 0);
}

/** ` gre [CKS] proto IPv4 (0x0800) key 0x2a seq 7 `, before the inner packet. */
export function greText(gre: GreLayer): string {
  const { flags } = gre;
  let letters = "";
  for (const [bit, letter] of FLAG_LETTERS) if ((flags & bit) !== 0) letters += letter;
  const key = gre.key === undefined ? "" : ` key 0x${gre.key.toString(16)}`;
  const sequence = gre.sequence === undefined ? "" : ` seq ${gre.sequence}`;
  return ` gre [${letters}] proto ${ethertypeText(gre.protocol)}${key}${sequence} `;
}
