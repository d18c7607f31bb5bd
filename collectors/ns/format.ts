import { Line, type TextPiece } from "../../core/api/collector.ts";

export interface NetNamespace {
  readonly cookie?: number | bigint;
  readonly inum: number;
  readonly name?: string;
}

/** `ns 0x<cookie>/<inum>[ (<name>)]`; without the cookie on kernels that have none. */
export function formatNetNamespace(netns: NetNamespace): readonly TextPiece[] {
  const cookie = netns.cookie === undefined ? "" : `0x${netns.cookie.toString(16)}/`;
  const name = netns.name === undefined ? "" : ` (${netns.name})`;
  return [{ at: Line.netns, text: `ns ${cookie}${netns.inum}${name}` }];
}
