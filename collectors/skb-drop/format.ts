import { Line, type TextContext, type TextPiece } from "../../core/api/collector.ts";
import type { SkbDrop } from "./schema.ts";

/** Core reasons that are not drops; functions such as `skb_release_data` are called with them too. */
const otherEnds: ReadonlyMap<string, string> = new Map([
  ["CONSUMED", "consumed"],
  ["NOT_DROPPED_YET", "not dropped yet"],
]);

/** `drop (reason [<subsys>/]<reason>)`, or the plain words for an skb that was not dropped at all. */
export function formatSkbDrop(drop: SkbDrop, context: TextContext): readonly TextPiece[] {
  const otherEnd = drop.subsys === undefined ? otherEnds.get(drop.drop_reason) : undefined;
  if (otherEnd !== undefined) return [{ at: Line.drop, text: otherEnd }];
  const reason = drop.subsys === undefined ? drop.drop_reason : `${drop.subsys}/${drop.drop_reason}`;
  return [{ at: Line.drop, text: context.paint.alarm(`drop (reason ${reason})`) }];
}
