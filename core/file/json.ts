import type { Event } from "../api/event.ts";
import { JsonPlace } from "./path-writer.ts";

/** Characters that JSON text cannot hold as they are; surrogates because a lone one must be escaped (RFC 8259 8.2). */
const needsEscape = /["\\\u0000-\u001f\ud800-\udfff]/;

/**
 * An event as one line of compact JSON, without the newline: integers exact up to 2^64-1 (plain JSON numbers), bytes as
 * padded base64 (RFC 4648 section 4), properties that are undefined left out.
 */
export function eventToJson(event: Event): string {
  return textAt(event, outermost);
}

/** A series (events of one packet) as one line of compact JSON, without the newline. */
export function seriesToJson(events: readonly Event[]): string {
  return `[${events.map(eventToJson).join(",")}]`;
}

/** Compact JSON of any value of the event model: objects, arrays, text, U64, booleans, null and `Uint8Array`. */
export function jsonText(value: unknown): string {
  return textAt(value, undefined);
}

/** @param place where the value stands, when objects there are to be learned */
function textAt(value: unknown, place: JsonPlace | undefined): string {
  switch (typeof value) {
    case "string":
      return quote(value);
    case "number":
      return Number.isFinite(value) ? String(value) : "null";
    case "bigint":
      return String(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      if (value === null) return "null";
      if (value instanceof Uint8Array) return `"${value.toBase64()}"`;
      return Array.isArray(value) ? arrayText(value, place) : objectText(value as Record<string, unknown>, place);
    default:
      return "null";
  }
}

function arrayText(values: readonly unknown[], place: JsonPlace | undefined): string {
  let text = "[";
  for (let i = 0; i < values.length; i++) {
    if (i > 0) text += ",";
    text += textAt(values[i], place);
  }
  return text + "]";
}

function objectText(object: Readonly<Record<string, unknown>>, place: JsonPlace | undefined): string {
  return place?.write(object) ?? slowObjectText(object, place);
}

function slowObjectText(object: Readonly<Record<string, unknown>>, place: JsonPlace | undefined): string {
  let text = "{";
  for (const key in object) {
    const value = object[key];
    if (value === undefined) continue;
    if (text.length > 1) text += ",";
    text += `${quote(key)}:${textAt(value, place?.inner(key))}`;
  }
  return text + "}";
}

function quote(text: string): string {
  return needsEscape.test(text) ? JSON.stringify(text) : `"${text}"`;
}

const outermost = new JsonPlace(textAt);
