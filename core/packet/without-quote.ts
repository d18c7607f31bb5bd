import type { Layer } from "./layer.ts";

/** The layers of the packet itself: without those of the packet that an ICMP error quotes, which went the other way. */
export function withoutQuote(layers: readonly Layer[]): readonly Layer[] {
  const icmp = layers.findIndex(({ layer }) => layer === "icmp" || layer === "icmpv6");
  return icmp === -1 ? layers : layers.slice(0, icmp + 1);
}
