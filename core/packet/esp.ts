import type { DecodeState } from "./decode-state.ts";

export interface EspLayer {
  readonly layer: "esp";
  readonly spi: number;
  readonly sequence: number;
}

/**
 * IP encapsulating security payload, RFC 4303 section 2; all that follows is encrypted.
 *
 *     | SPI:32 | sequence:32 | payload, padding, ICV |
 */
export function decodeEsp(state: DecodeState): EspLayer | undefined {
  const { cursor } = state;
  if (!cursor.has(8)) return state.truncated("esp");
  return { layer: "esp", spi: cursor.u32(), sequence: cursor.u32() };
}

export function espText(esp: EspLayer): string {
  return ` spi 0x${esp.spi.toString(16).padStart(8, "0")} seq 0x${esp.sequence.toString(16)}`;
}
