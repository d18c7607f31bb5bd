import { Line, type TextContext, type TextPiece } from "../../core/api/collector.ts";
import { packetText } from "../../core/packet/packet-text.ts";

export interface Packet {
  readonly data: Uint8Array;
  readonly synthetic_eth?: true;
}

/** The packet in one line; with link-layer information, an Ethernet header that is made up is marked. */
export function formatPacket(packet: Packet, { linkLayer }: TextContext): readonly TextPiece[] {
  const text = packetText(packet.data, { linkLayer });
  if (text === "") return [];
  return [{ at: Line.packet, text: linkLayer && packet.synthetic_eth ? `(synthetic) ${text}` : text }];
}
