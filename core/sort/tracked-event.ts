/** Facts of decoded events that sorting needs; scans tell the same of events that are not decoded. */
import type { Event, U64 } from "../api/event.ts";
import type { Halves } from "../file/event-scan.ts";
import type { RecordingFacts } from "./recordings.ts";

/** The identity of a packet, as the section `skb-tracking` has it. */
export interface SkbTracking {
  readonly orig_head: U64;
  readonly timestamp: U64;
  readonly skb: U64;
}

/** The packet that an event belongs to: the one that sorting found before, else its own. */
export function trackingOf(event: Event): SkbTracking | undefined {
  return asTracking(event["tracking"]?.["skb"]) ?? asTracking(event["skb-tracking"]);
}

/** The value when it is complete; a foreign file may hold anything. */
function asTracking(value: unknown): SkbTracking | undefined {
  const tracking = value as SkbTracking | undefined | null;
  return tracking != null && isU64(tracking.orig_head) && isU64(tracking.timestamp) && isU64(tracking.skb) ? tracking : undefined;
}

/** When the event happened; 0 when it does not say. */
export function timeOf(event: Event): U64 {
  const timestamp = event["common"]?.["timestamp"];
  return isU64(timestamp) ? timestamp : 0;
}

/** Whether the event begins a recording, and says all that is needed to tell which. */
export function beginsRecording(event: Event): event is Event & RecordingFacts {
  const { clock_monotonic_offset, machine, cmdline } = (event["startup"] ?? {}) as Partial<RecordingFacts["startup"]>;
  const { sec, nsec } = clock_monotonic_offset ?? {};
  return isInteger(sec) && isInteger(nsec) && typeof cmdline === "string" && typeof machine === "object";
}

/** Sets the halves of a value. */
export function setHalves(halves: Halves, value: U64): void {
  if (typeof value === "number") halves.set(Math.floor(value / 0x1_0000_0000), value >>> 0);
  else halves.set(Number((value >> 32n) & 0xffff_ffffn), Number(value & 0xffff_ffffn));
}

function isInteger(value: unknown): boolean {
  return typeof value === "bigint" || Number.isSafeInteger(value);
}

function isU64(value: unknown): value is U64 {
  return typeof value === "bigint" ? value >= 0n && value < 1n << 64n : Number.isSafeInteger(value) && (value as number) >= 0;
}
