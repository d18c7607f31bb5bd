import { Line, type TextContext, type TextPiece } from "../../core/api/collector.ts";
import { ethertypeText } from "../../core/packet/ethertype.ts";
import type { Skb } from "./schema.ts";

type VlanTag = NonNullable<Skb["vlan_accel"]>;
type Meta = NonNullable<Skb["meta"]>;
type DataReference = NonNullable<Skb["data_ref"]>;
type Gso = NonNullable<Skb["gso"]>;

/** The parts of the skb that are there, side by side; the VLAN tag only with link-layer information. */
export function formatSkb(skb: Skb, context: TextContext): readonly TextPiece[] {
  const parts: string[] = [];
  if (skb.vlan_accel && context.linkLayer) parts.push(vlanText(skb.vlan_accel));
  if (skb.meta || skb.data_ref) parts.push(`skb [${metaAndReferences(skb)}]`);
  if (skb.gso) parts.push(gsoText(skb.gso));
  return parts.length === 0 ? [] : [{ at: Line.skb, text: parts.join(" ") }];
}

function vlanText(tag: VlanTag): string {
  return `vlan_accel (ethertype ${ethertypeText(tag.proto)} vlan ${tag.vid} p ${tag.pcp}${tag.dei ? " DEI" : ""})`;
}

function metaAndReferences(skb: Skb): string {
  if (!skb.meta) return skb.data_ref ? referencesText(skb.data_ref) : "";
  return skb.data_ref ? `${metaText(skb.meta)} ${referencesText(skb.data_ref)}` : metaText(skb.meta);
}

function metaText(meta: Meta): string {
  const hash = meta.hash === 0 ? "" : ` hash 0x${meta.hash.toString(16)}`;
  const paged = meta.data_len === 0 ? "" : ` data_len ${meta.data_len}`;
  const mark = meta.mark ? ` mark 0x${meta.mark.toString(16)}` : "";
  const queue = meta.queue_mapping ? ` queue_mapping ${meta.queue_mapping}` : "";
  return `csum ${checksumText(meta)}${hash} len ${meta.len}${paged} priority ${meta.priority}${mark}${queue}`;
}

/** Values of `ip_summed`: include/linux/skbuff.h, "Checksumming of received packets". */
function checksumText(meta: Meta): string {
  switch (meta.ip_summed) {
    case 0:
      return "none";
    case 1:
      return `unnecessary (level ${meta.csum_level})`;
    case 2:
      return `complete (0x${meta.csum.toString(16)})`;
    case 3:
      return `partial (start ${meta.csum & 0xffff} off ${meta.csum >>> 16})`;
    default:
      return `unknown (${meta.ip_summed})`;
  }
}

function referencesText(references: DataReference): string {
  const flags = (references.nohdr ? "nohdr " : "") + (references.cloned ? "cloned " : "");
  const fclone = references.fclone > 0 ? `fclone ${references.fclone} ` : "";
  // The low half counts all references (SKB_DATAREF_SHIFT in include/linux/skbuff.h).
  return `${flags}${fclone}users ${references.users} dataref ${references.dataref}`;
}

function gsoText(gso: Gso): string {
  const flags = gso.flags === 0 ? "" : ` flags 0x${gso.flags.toString(16)}`;
  const frags = gso.frags === 0 ? "" : ` frags ${gso.frags}`;
  const segs = gso.segs === 0 ? "" : ` segs ${gso.segs}`;
  return `gso [type 0x${gso.type.toString(16)}${flags}${frags}${segs} size ${gso.size}]`;
}
