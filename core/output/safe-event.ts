import type { Event } from "../api/event.ts";
import { withoutControls } from "../base/terminal.ts";

/** A copy of the event in which no text, and no key, has control characters. */
export function withoutControlsWithin(event: Event): Event {
  return safeValue(event) as Event;
}

function safeValue(value: unknown): unknown {
  if (typeof value === "string") return withoutControls(value);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(safeValue);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [withoutControls(key), safeValue(member)]));
}
