/** Facts of decoded events that sorting needs; scans find the same for events that are not decoded. */
import { type Event, isU64, type U64 } from "../api/event.ts";
import type { Halves } from "../file/event-scan.ts";
import type { RecordingFacts } from "./recordings.ts";

/** When the event happened; 0 when it does not say. */
export function timeOf(event: Event): U64 {
  const timestamp = event["common"]?.["timestamp"];
  return isU64(timestamp) ? timestamp : 0;
}

/** Whether the event begins a recording, and identifies it. */
export function beginsRecording(event: Event): event is Event & RecordingFacts {
  const { clock_monotonic_offset, machine, cmdline } = (event["startup"] ?? {}) as Partial<RecordingFacts["startup"]>;
  const { sec, nsec } = clock_monotonic_offset ?? {};
  return isInteger(sec) && isInteger(nsec) && typeof cmdline === "string" && typeof machine === "object" && machine !== null;
}

/** Sets the halves of a value. */
export function setHalves(halves: Halves, value: U64): void {
  if (typeof value === "number") halves.set(Math.floor(value / 0x1_0000_0000), value >>> 0);
  else halves.set(Number((value >> 32n) & 0xffff_ffffn), Number(value & 0xffff_ffffn));
}

function isInteger(value: unknown): boolean {
  return typeof value === "bigint" || Number.isSafeInteger(value);
}
