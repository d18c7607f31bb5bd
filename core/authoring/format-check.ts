/** `format` and `decode` over made-up content: what hooks may send, and what the schema allows. */
import type { Event, SectionData } from "../api/event.ts";
import type { TextContext } from "../api/section.ts";
import { reasonOf } from "../base/errors.ts";
import { counted } from "../base/plural.ts";
import { WireBuffer } from "../event/wire-buffer.ts";
import { jsonText } from "../file/json.ts";
import type { CheckedSection } from "./plan-check.ts";
import { type Finding, fail, ok, skip } from "./report.ts";
import { samplePayload, SampleNumbers, sampleOf } from "./sample-values.ts";

const rounds = 500;
const seed = 1;
const same = (text: string) => text;
const paint = { alarm: same, symbol: same, dim: same, address: same, device: same };
const contexts: readonly TextContext[] = [true, false].flatMap((multiLine) =>
  [true, false].map((linkLayer) => ({ multiLine, linkLayer, paint })),
);

export function checkFormat(sections: readonly CheckedSection[]): readonly Finding[] {
  return sections.map((section) => checkSection(section));
}

function checkSection(checked: CheckedSection): Finding {
  const { section } = checked;
  const check = "format";
  const values = sampleValues(checked);
  if (typeof values === "string") return fail(check, values);
  const { format } = section;
  if (format === undefined) return skip(check, `section ${section.key} has none`);
  for (const data of values) {
    const fault = contexts
      .map((context) => faultOf(section.key, data, () => format(data, context, eventOf(section.key, data))))
      .find(Boolean);
    if (fault !== undefined) return fail(check, fault);
  }
  return ok(check, `section ${section.key}, ${counted(values.length, "made-up value")}`);
}

function eventOf(key: string, data: SectionData): Event {
  return Object.freeze({ [key]: data });
}

/** Values of the section; a text that says what is wrong with its decoder. */
function sampleValues({ section, layout, codec }: CheckedSection): readonly SectionData[] | string {
  const numbers = new SampleNumbers(seed);
  if (layout === undefined || codec === undefined)
    return Array.from({ length: rounds }, () => frozen(sampleOf(section.schema, numbers) as SectionData));
  const wire = new WireBuffer(new ArrayBuffer(1 << 16));
  const values: SectionData[] = [];
  for (let round = 0; round < rounds; round++) {
    const payload = samplePayload(layout, numbers);
    wire.u8.fill(0, 0, payload.length + 8);
    wire.u8.set(payload);
    try {
      const data = codec.decode(wire, 0, payload.length);
      if (data !== undefined) values.push(frozen(data));
    } catch (error) {
      return `section ${section.key}: decoding throws ${reasonOf(error)}, of ${payload.toHex()}`;
    }
  }
  if (values.length === 0) return `section ${section.key}: decode gave nothing for ${counted(rounds, "made-up payload")}`;
  return values;
}

/** So that a formatter that changes what it gets is found out; strict mode makes it throw. */
function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
    for (const inner of Object.values(value)) frozen(inner);
    Object.freeze(value);
  }
  return value;
}

/** What a text shows when a property was forgotten. */
const slips = /\b(undefined|NaN)\b|\[object \w+\]/;

function faultOf(key: string, data: SectionData, format: () => unknown): string | undefined {
  const of = `of section ${key}, for ${jsonText(data)}`;
  let pieces: unknown;
  try {
    pieces = format();
  } catch (error) {
    return `${reasonOf(error)}, ${of}`;
  }
  if (!Array.isArray(pieces)) return `it gives ${typeof pieces} instead of a list, ${of}`;
  for (const piece of pieces) {
    const { at, text, indent } = Object(piece) as Record<string, unknown>;
    if (at !== "head" && !Number.isFinite(at)) return `a piece has no line: at is ${String(at)}, ${of}`;
    const lines = Array.isArray(text) ? text : [text];
    if (!lines.every((line) => typeof line === "string"))
      return `the text of a piece is ${typeof lines.find((line) => typeof line !== "string")}, ${of}`;
    if (indent !== undefined && !Number.isInteger(indent)) return `indent is ${String(indent)}, ${of}`;
    const slip = lines.map((line) => slips.exec(line)?.[0]).find((found) => found !== undefined);
    if (slip !== undefined) return `its text says "${slip}": ${lines.join(" ")}, ${of}`;
  }
  return undefined;
}
