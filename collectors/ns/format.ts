import { Line, namespaceLabel, type TextPiece } from "../../core/api/collector.ts";
import type { NetNamespace } from "./schema.ts";

/** `ns 0x<cookie>/<inum>[ (<name>)]`, or `(<pod>@pod)` and the like; without the cookie on kernels that have none. */
export function formatNetNamespace(netns: NetNamespace): readonly TextPiece[] {
  const cookie = netns.cookie === undefined ? "" : `0x${netns.cookie.toString(16)}/`;
  const label = namespaceLabel(netns);
  const name = label === undefined ? "" : ` (${label})`;
  return [{ at: Line.netns, text: `ns ${cookie}${netns.inum}${name}` }];
}
