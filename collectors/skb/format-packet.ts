import { Line, type TextContext, type TextPiece } from "../../core/api/collector.ts";
import { packetText } from "../../core/packet/packet-text.ts";
import type { Packet } from "./schema.ts";

type Paint = TextContext["paint"];

/** The packet in one line; with link-layer information, an Ethernet header that is made up is marked. */
export function formatPacket(packet: Packet, { linkLayer, paint }: TextContext): readonly TextPiece[] {
  const text = packetText(packet.data, { linkLayer });
  if (text === "") return [];
  const painted = withAddresses(text, paint);
  return [{ at: Line.packet, text: linkLayer && packet.synthetic_eth ? `(synthetic) ${painted}` : painted }];
}

/** Both ends of `SOURCE > DESTINATION`, at all layers. */
const ends = /[^\s(]+(?= > )|(?<= > )[^\s,)]+/g;

/** Whether a paint makes colours: without them, nothing has to be looked for. */
const coloured = new WeakMap<Paint, boolean>();

function withAddresses(text: string, paint: Paint): string {
  let makesColours = coloured.get(paint);
  if (makesColours === undefined) coloured.set(paint, (makesColours = paint.address("|") !== "|"));
  return makesColours ? text.replace(ends, (end) => paint.address(end)) : text;
}
