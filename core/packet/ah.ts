import type { DecodeState } from "./decode-state.ts";
import { IP_PROTOCOL, protocolText } from "./ip-protocol.ts";
import { nextByProtocol } from "./next-layer.ts";

export interface AhLayer {
  readonly layer: "ah";
  readonly spi: number;
  readonly sequence: number;
  /** Integrity check value as hexadecimal digits, as far as it was captured. */
  readonly icv: string;
  /** What the header protects; 59 when nothing follows. */
  readonly protocol: number;
}

/**
 * IP authentication header, RFC 4302 section 2. The length counts 4-byte words minus two, so the ICV has
 * (length - 1) * 4 bytes.
 *
 *     | next header:8 | length:8 | reserved:16 |
 *     |                SPI:32                  |
 *     |              sequence:32               |
 *     |                  ICV                   |
 */
export function decodeAh(state: DecodeState): AhLayer | undefined {
  const { cursor } = state;
  if (!cursor.has(12)) return state.truncated("ah");
  const protocol = cursor.u8();
  const length = cursor.u8();
  cursor.skip(2);
  const spi = cursor.u32();
  const sequence = cursor.u32();
  const icv = cursor.hex((length - 1) * 4);
  state.payloadLength = Math.max(state.payloadLength - (length + 2) * 4, 0);
  if (length === 0) state.malformed("ah");
  else if (protocol !== IP_PROTOCOL.noNextHeader) nextByProtocol(state, protocol);
  return { layer: "ah", spi, sequence, icv, protocol };
}

export function ahText(ah: AhLayer): string {
  const spi = ah.spi.toString(16).padStart(8, "0");
  const text = ` spi 0x${spi} seq 0x${ah.sequence.toString(16)} icv 0x${ah.icv}`;
  return ah.protocol === IP_PROTOCOL.noNextHeader ? text : `${text} proto ${protocolText(ah.protocol)}`;
}
