import { Line, type TextPiece } from "../../core/api/collector.ts";
import type { NetNamespace } from "./schema.ts";

/** `ns 0x<cookie>/<inum>[ (<name>)]`; without the cookie on kernels that have none. */
export function formatNetNamespace(netns: NetNamespace): readonly TextPiece[] {
  const cookie = netns.cookie === undefined ? "" : `0x${netns.cookie.toString(16)}/`;
  const name = netns.name === undefined ? "" : ` (${netns.name})`;
  return [{ at: Line.netns, text: `ns ${cookie}${netns.inum}${name}` }];
}
