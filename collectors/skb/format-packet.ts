import { Line, type TextContext, type TextPiece } from "../../core/api/collector.ts";
import { packetText } from "../../core/packet/packet-text.ts";
import type { Packet } from "./schema.ts";

/** The packet in one line; with link-layer information, an Ethernet header that is made up is marked. */
export function formatPacket(packet: Packet, { linkLayer }: TextContext): readonly TextPiece[] {
  const text = packetText(packet.data, { linkLayer });
  if (text === "") return [];
  return [{ at: Line.packet, text: linkLayer && packet.synthetic_eth ? `(synthetic) ${text}` : text }];
}
