import type { Event } from "../api/event.ts";

/** The tracepoint that every dropped skb passes once; other probes with a reason see the same drop again. */
const dropProbe = "skb:kfree_skb";

/** Core reasons that are not drops. */
const otherEnds: readonly unknown[] = ["CONSUMED", "NOT_DROPPED_YET"];

/** Functions that free an skb on behalf of their caller, which is the one that dropped it. */
const freeing =
  /^((__)?kfree_skb|(__)?sk_skb_reason_drop|(__)?dev_kfree_skb|tcp_drop_reason|skb_release_|(__)?skb_queue_purge|skb_rbtree_purge)/;

/** `[<subsystem>/]<reason>` when the event is a drop. */
export function dropReasonOf(event: Event): string | undefined {
  const drop = event["skb-drop"];
  if (drop === undefined || event["kernel"]?.["symbol"] !== dropProbe) return undefined;
  const { subsys, drop_reason: reason } = drop;
  if (subsys === undefined) return otherEnds.includes(reason) ? undefined : String(reason);
  return `${String(subsys)}/${String(reason)}`;
}

/**
 * The function that dropped the packet: the innermost one of the stack that does not only free it, without a stack that of the
 * drop's location; undefined when neither is known.
 */
export function droppingFunction(event: Event): string | undefined {
  const stack = event["kernel"]?.["stack_trace"];
  const functions = Array.isArray(stack) ? stack.map(functionOf) : [];
  const location = event["skb-drop"]?.["location"];
  return functions.find((name) => !freeing.test(name)) ?? functions[0] ?? (location === undefined ? undefined : functionOf(location));
}

/** `tcp_v4_rcv+0x91 [module]` without the offset. */
function functionOf(place: unknown): string {
  return String(place).replace(/\+0x[0-9a-f]+/, "");
}
