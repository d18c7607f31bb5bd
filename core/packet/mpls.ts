import type { DecodeState } from "./decode-state.ts";
import { nextByVersion } from "./next-layer.ts";

export interface MplsLabel {
  readonly label: number;
  /** Traffic class, 0 … 7. */
  readonly trafficClass: number;
  /** Whether this is the last entry of the stack (the S bit). */
  readonly bottom: boolean;
  readonly ttl: number;
}

export interface MplsLayer {
  readonly layer: "mpls";
  /** Outermost first; the last one has `bottom` set unless the stack is cut off. */
  readonly labels: readonly MplsLabel[];
}

/** Deeper stacks are not seen in practice; the bound keeps a forged packet from filling the screen. */
const MAX_LABELS = 16;

/**
 * MPLS label stack, RFC 3032 section 2.1 and RFC 5462.
 *
 *     | label:20 | TC:3 | S:1 | TTL:8 |   repeated until S is set
 */
export function decodeMpls(state: DecodeState): MplsLayer | undefined {
  const { cursor } = state;
  if (!cursor.has(4)) return state.truncated("mpls");
  const labels: MplsLabel[] = [];
  for (let bottom = false; !bottom && cursor.has(4) && labels.length < MAX_LABELS; ) {
    const entry = cursor.u32();
    bottom = (entry & 0x100) !== 0;
    labels.push({ label: entry >>> 12, trafficClass: (entry >>> 9) & 7, bottom, ttl: entry & 0xff });
  }
  if (labels.at(-1)?.bottom) nextByVersion(state);
  else if (cursor.has(4)) state.unsupported("nesting", MAX_LABELS);
  else state.truncated("mpls");
  return { layer: "mpls", labels };
}

/** `mpls [label 16 tc 0 ttl 64,label 17 tc 0 S ttl 64] `, before the inner packet. */
export function mplsText(mpls: MplsLayer): string {
  return `mpls [${mpls.labels.map(labelText).join(",")}] `;
}

function labelText(entry: MplsLabel): string {
  return `label ${entry.label} tc ${entry.trafficClass}${entry.bottom ? " S" : ""} ttl ${entry.ttl}`;
}
