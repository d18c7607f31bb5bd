import type { TextPiece } from "../api/section.ts";
import { Line } from "../api/section.ts";

/**
 * Text of a section that brings no formatter, e.g. one of a collector that is not installed here: its key, then each
 * property with its value, `sample port 80 name eth0 tags [a, b] inner {depth 1}`.
 */
export function plainSection(key: string, data: unknown): TextPiece {
  return { at: Line.other, text: isRecord(data) ? `${key}${fieldsText(data)}` : `${key} ${valueText(data)}` };
}

function fieldsText(data: Readonly<Record<string, unknown>>): string {
  let text = "";
  for (const name in data) {
    if (data[name] !== undefined) text += ` ${name} ${valueText(data[name])}`;
  }
  return text;
}

function valueText(value: unknown): string {
  if (typeof value === "string") return value === "" || value.includes(" ") ? JSON.stringify(value) : value;
  if (value instanceof Uint8Array) return value.toHex();
  if (Array.isArray(value)) return `[${value.map(valueText).join(", ")}]`;
  return isRecord(value) ? `{${fieldsText(value).slice(1)}}` : String(value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
