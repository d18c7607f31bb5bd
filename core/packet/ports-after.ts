import type { Ports } from "./ip-text.ts";
import type { Layer } from "./layer.ts";

/** Ports of the transport header that the IP header `layers[at]` leads to, directly or after authentication headers. */
export function portsAfter(layers: readonly Layer[], at: number): Ports | undefined {
  let next = at + 1;
  while (layers[next]?.layer === "ah") next++;
  const layer = layers[next];
  switch (layer?.layer) {
    case "tcp":
    case "udp":
    case "sctp":
    case "ports":
      return layer;
    default:
      return undefined;
  }
}
