/** Which events are about the same packet. */
import type { Event } from "../api/event.ts";
import { skbTrackingOf, trackingId as idOf } from "../api/skb-tracking.ts";

/**
 * The tracking id, 128 bits: when the packet was first seen (upper half) and where its buffer was then. Events with the same
 * id are about the same packet. In a sorted file it is that of the series. Undefined for an event that was not tracked.
 */
export function trackingId(event: Event): bigint | undefined {
  const tracking = skbTrackingOf(event);
  return tracking && idOf(tracking);
}

/** Whether two events are about the same packet; false when one was not tracked. */
export function match(one: Event, other: Event): boolean {
  const id = trackingId(one);
  return id !== undefined && id === trackingId(other);
}

/** Whether two events are about the same skb of the same packet: a clone matches its packet, but not strictly. */
export function strictMatch(one: Event, other: Event): boolean {
  return match(one, other) && skbOf(one) === skbOf(other);
}

/** 64-bit values are canonical (see `U64`), so that equal ones are identical. */
function skbOf(event: Event): unknown {
  return event["skb-tracking"]?.["skb"];
}
