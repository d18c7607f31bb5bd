import type { Event } from "../api/event.ts";
import { PathWriter } from "./path-writer.ts";

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

/** @param path writer of the objects at the path of the value, when they are to be learned */
function textAt(value: unknown, path: PathWriter | undefined): string {
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
      return Array.isArray(value) ? arrayText(value, path) : objectText(value as Record<string, unknown>, path);
    default:
      return "null";
  }
}

function arrayText(values: readonly unknown[], path: PathWriter | undefined): string {
  let text = "[";
  for (let i = 0; i < values.length; i++) {
    if (i > 0) text += ",";
    text += textAt(values[i], path);
  }
  return text + "]";
}

function objectText(object: Readonly<Record<string, unknown>>, path: PathWriter | undefined): string {
  return path?.write(object) ?? slowObjectText(object, path);
}

function slowObjectText(object: Readonly<Record<string, unknown>>, path: PathWriter | undefined): string {
  let text = "{";
  for (const key in object) {
    const value = object[key];
    if (value === undefined) continue;
    if (text.length > 1) text += ",";
    text += `${quote(key)}:${textAt(value, path?.inner(key))}`;
  }
  return text + "}";
}

function quote(text: string): string {
  return needsEscape.test(text) ? JSON.stringify(text) : `"${text}"`;
}

const outermost = new PathWriter(textAt);
