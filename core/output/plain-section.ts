import type { TObject, TSchema } from "@sinclair/typebox";
import { displayText } from "../api/display.ts";
import type { TextPiece } from "../api/section.ts";
import { Line } from "../api/section.ts";
import { wireOf } from "../api/wire.ts";

/**
 * Text of a section that brings no formatter, e.g. one of a collector that is not installed here: its key, then each
 * property with its value, `sample port 80 name eth0 tags [a, b] inner {depth 1}`.
 * @param schema says how numbers are shown, where it is known
 */
export function plainSection(key: string, data: unknown, schema?: TSchema): TextPiece {
  return { at: Line.other, text: isRecord(data) ? `${key}${fieldsText(data, schema)}` : `${key} ${valueText(data)}` };
}

function fieldsText(data: Readonly<Record<string, unknown>>, schema?: TSchema): string {
  const properties = (schema as TObject | undefined)?.properties;
  let text = "";
  for (const name in data) {
    if (data[name] !== undefined) text += ` ${name} ${valueText(data[name], properties?.[name])}`;
  }
  return text;
}

function valueText(value: unknown, schema?: TSchema): string {
  if (typeof value === "string") return value === "" || value.includes(" ") ? JSON.stringify(value) : value;
  if (value instanceof Uint8Array) return value.toHex();
  if (Array.isArray(value)) return `[${value.map((element) => valueText(element)).join(", ")}]`;
  if (isRecord(value)) return `{${fieldsText(value, schema).slice(1)}}`;
  const display = schema && wireOf(schema)?.display;
  return display && (typeof value === "number" || typeof value === "bigint") ? displayText(value, display) : String(value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
