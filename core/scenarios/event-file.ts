/** Reads the JSON form of events exactly, apart from the reader under test. */
import { readFileSync } from "node:fs";
import { packetFields, type PacketFields } from "./packet-fields.ts";

/** One event as recorded; `parsed_packet` is added when the event has packet bytes. */
export interface RecordedEvent {
  readonly [section: string]: unknown;
  readonly kernel?: { readonly symbol: string; readonly probe_type: string };
  readonly loss?: { readonly lost: readonly unknown[]; readonly total: number; readonly untracked?: readonly unknown[] };
  readonly common?: {
    readonly timestamp: number | bigint;
    readonly smp_id?: number;
    readonly task?: { readonly pid: number; readonly comm: string };
  };
  readonly packet?: { readonly len: number; readonly capture_len: number; readonly data: string };
  readonly skb?: { readonly meta?: { readonly len: number } };
  readonly dev?: { readonly name: string };
  readonly "skb-drop"?: { readonly subsys?: string; readonly drop_reason: string };
  readonly parsed_packet?: PacketFields;
}

/** Events of JSON lines text; integers beyond 2^53 become bigints. Throws on a line that is not JSON. */
export function parseEvents(text: string): readonly RecordedEvent[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map(parseEvent);
}

/** Events of a JSON lines file. */
export function readEvents(path: string): readonly RecordedEvent[] {
  return parseEvents(readFileSync(path, "utf8"));
}

/** Those among the events that a kernel probe made. */
export function kernelEvents(events: readonly RecordedEvent[]): readonly RecordedEvent[] {
  return events.filter((event) => event.kernel !== undefined);
}

function parseEvent(line: string): RecordedEvent {
  const event = JSON.parse(line, exactInteger) as RecordedEvent;
  return event.packet === undefined ? event : { ...event, parsed_packet: packetFields(event.packet.data) };
}

// The third argument carries the source text (ECMAScript proposal JSON.parse source text access, in Bun).
function exactInteger(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === "number" && !Number.isSafeInteger(value) && context?.source ? BigInt(context.source) : value;
}
