/** Which packet an event belongs to: section `skb-tracking`, and in sorted files `tracking.skb`. */
import { type Event, isU64, type U64 } from "./event.ts";

export interface SkbTracking {
  /** Address of the data buffer when the packet was first seen; with `timestamp` the identity of the packet. */
  readonly orig_head: U64;
  /** When the packet was first seen, in nanoseconds of CLOCK_MONOTONIC. */
  readonly timestamp: U64;
  /** Address of the skb; clones of a packet differ in it. */
  readonly skb: U64;
}

/** The section when it is complete; a file from elsewhere may hold anything. */
export function asSkbTracking(section: unknown): SkbTracking | undefined {
  const tracking = section as SkbTracking | undefined | null;
  return tracking != null && isU64(tracking.orig_head) && isU64(tracking.timestamp) && isU64(tracking.skb) ? tracking : undefined;
}

/** The packet of an event: the one that sorting found, else the event's own; undefined when it was not tracked. */
export function skbTrackingOf(event: Event): SkbTracking | undefined {
  return asSkbTracking(event["tracking"]?.["skb"]) ?? asSkbTracking(event["skb-tracking"]);
}

/** The tracking id, 128 bits: `timestamp << 64 | orig_head`. */
export function trackingId({ timestamp, orig_head }: SkbTracking): bigint {
  return (BigInt(timestamp) << 64n) | BigInt(orig_head);
}

/**
 * The tracking id in hexadecimal without leading zeros, as texts show it.
 * @param time of `timestamp`, in hexadecimal without leading zeros
 * @param head of `orig_head`, likewise
 */
export function trackingIdText(time: string, head: string): string {
  return time === "0" ? head : time + head.padStart(16, "0");
}
