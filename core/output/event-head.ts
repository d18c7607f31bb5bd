/** The first line of an event: when, where and in which task it happened, and to which packet it belongs. */
import type { Event, U64 } from "../api/event.ts";
import type { EventClock } from "./event-clock.ts";

/** Sections that make no pieces of their own, as this file writes them into the head. */
export const headSections: readonly string[] = ["common", "skb-tracking", "tracking"];

interface Common {
  readonly timestamp: U64;
  readonly smp_id?: number;
  readonly task?: { readonly pid: number; readonly tgid: number; readonly comm: string };
}

interface SkbTracking {
  readonly orig_head: U64;
  readonly timestamp: U64;
  readonly skb: U64;
}

interface Tracking {
  readonly skb: SkbTracking;
  readonly idx: number;
}

/** `<time>[ (<cpu>)][ [<comm>] [<pid>/]<tgid>]`; empty for an event that does not say when it happened. */
export function placeText(event: Event, clock: EventClock): string {
  const common = event["common"] as unknown as Common | undefined;
  if (common?.timestamp === undefined) return "";
  let text = clock.text(common.timestamp);
  if (common.smp_id !== undefined) text += ` (${common.smp_id})`;
  const { task } = common;
  if (task) {
    // The names come from the event format: `pid` is the process and `tgid` the thread.
    const process = task.pid === task.tgid ? "" : `${task.pid}/`;
    text += ` [${task.comm}] ${process}${task.tgid}`;
  }
  return text;
}

/**
 * `#<tracking id> (skb <address>)[ n <index>]`, both hexadecimal; empty for an event that is not tracked. The address is
 * the event's own skb, so that clones can be told apart; only events without one show that of the series.
 */
export function trackText(event: Event): string {
  const own = skbTracking(event["skb-tracking"]);
  const series = event["tracking"] as unknown as Tracking | undefined;
  const identity = skbTracking(series?.skb) ?? own;
  if (identity === undefined) return "";
  const index = series === undefined ? "" : ` n ${series.idx}`;
  return `#${trackingId(identity)} (skb ${(own ?? identity).skb.toString(16)})${index}`;
}

/** The value when it is complete; a foreign file may hold anything. */
function skbTracking(value: unknown): SkbTracking | undefined {
  const tracking = value as SkbTracking | undefined | null;
  return tracking != null && isU64(tracking.orig_head) && isU64(tracking.timestamp) && isU64(tracking.skb) ? tracking : undefined;
}

function isU64(value: unknown): boolean {
  return typeof value === "number" || typeof value === "bigint";
}

/** The 128-bit number `timestamp << 64 | orig_head` in hexadecimal without leading zeros. */
function trackingId(identity: SkbTracking): string {
  const head = identity.orig_head.toString(16);
  return Number(identity.timestamp) === 0 ? head : identity.timestamp.toString(16) + head.padStart(16, "0");
}
