/** The first line of an event: when, where and in which task it happened, and to which packet it belongs. */
import type { Event, SectionData, U64 } from "../api/event.ts";
import { asSkbTracking, type SkbTracking, trackingIdText } from "../api/skb-tracking.ts";
import type { EventClock } from "./event-clock.ts";

/** Sections that make no pieces of their own, as this file writes them into the head. */
export const headSections: readonly string[] = ["common", "skb-tracking", "tracking"];

interface Common {
  readonly timestamp: U64;
  readonly smp_id?: number;
  readonly task?: { readonly pid: number; readonly tgid: number; readonly comm: string };
}

interface Tracking {
  readonly skb: SkbTracking;
  readonly idx: number;
}

/** `<time>[ (<cpu>)][ [<comm>] [<pid>/]<tgid>]`; empty for an event that does not say when it happened. */
export function placeText(event: Event, clock: EventClock): string {
  const common = event["common"] as unknown as Common | undefined;
  if (common?.timestamp === undefined) return "";
  return clock.text(common.timestamp) + taskText(common as unknown as SectionData);
}

/** `[ (<cpu>)][ [<comm>] [<pid>/]<tgid>]` of section `common`. */
export function taskText(common: SectionData): string {
  const { smp_id, task } = common as unknown as Common;
  let text = smp_id === undefined ? "" : ` (${smp_id})`;
  if (task) {
    // The names come from the event format: `pid` is the process and `tgid` the thread.
    const process = task.pid === task.tgid ? "" : `${task.pid}/`;
    text += ` [${task.comm}] ${process}${task.tgid}`;
  }
  return text;
}

/**
 * `#<tracking id> (skb <address>)[ n <index>]`, both hexadecimal; empty for an event that is not tracked. The address is
 * the event's own skb, so that clones can be distinguished; only events without one show that of the series.
 */
export function trackText(event: Event): string {
  return trackTextOf(event["skb-tracking"], event["tracking"]);
}

/** The same of the sections `skb-tracking` and `tracking`. */
export function trackTextOf(tracked: SectionData | undefined, tracking: SectionData | undefined): string {
  const own = asSkbTracking(tracked);
  const series = tracking as unknown as Tracking | undefined;
  const identity = asSkbTracking(series?.skb) ?? own;
  if (identity === undefined) return "";
  const id = trackingIdText(identity.timestamp.toString(16), identity.orig_head.toString(16));
  const index = series === undefined ? "" : ` n ${series.idx}`;
  return `#${id} (skb ${(own ?? identity).skb.toString(16)})${index}`;
}
