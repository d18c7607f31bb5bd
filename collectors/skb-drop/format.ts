import { Line, type TextContext, type TextPiece } from "../../core/api/collector.ts";
import type { SkbDrop } from "./schema.ts";

type Socket = NonNullable<SkbDrop["socket"]>;

/** Core reasons that are not drops; functions such as `skb_release_data` are called with them too. */
const otherEnds: ReadonlyMap<string, string> = new Map([
  ["CONSUMED", "consumed"],
  ["NOT_DROPPED_YET", "not dropped yet"],
]);

/**
 * `drop (reason [<subsys>/]<reason>)[ at <location>][ socket …]`, or the plain words for an skb that was not dropped at all.
 */
export function formatSkbDrop(drop: SkbDrop, context: TextContext): readonly TextPiece[] {
  const { paint } = context;
  const otherEnd = drop.subsys === undefined ? otherEnds.get(drop.drop_reason) : undefined;
  if (otherEnd !== undefined) return [{ at: Line.drop, text: otherEnd }];
  const reason = drop.subsys === undefined ? drop.drop_reason : `${drop.subsys}/${drop.drop_reason}`;
  const location = drop.location === undefined ? "" : ` at ${paint.symbol(drop.location)}`;
  const socket = drop.socket === undefined ? "" : ` ${socketText(drop.socket)}`;
  return [{ at: Line.drop, text: `${paint.alarm(`drop (reason ${reason})`)}${location}${socket}` }];
}

/** `socket TCP LISTEN 10.0.0.1.80[ - 10.0.0.2.40000][ cgroup 4321]`. */
function socketText({ protocol, state, local, local_port, remote, remote_port, cgroup }: Socket): string {
  const own = local === undefined ? "" : ` ${local}.${local_port}`;
  const peer = remote === undefined || remote_port === 0 ? "" : ` - ${remote}.${remote_port}`;
  return `socket ${protocol} ${state}${own}${peer}${cgroup === undefined ? "" : ` cgroup ${cgroup}`}`;
}
