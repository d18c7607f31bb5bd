import { isUtf8 } from "node:buffer";
import { maxDepth } from "../cbor/item-end.ts";
import type { LineDecoder } from "./json-line-reader.ts";
import { dropNulls } from "./normalize-event.ts";
import { checkJsonSize } from "./json-size.ts";
import { parseJson } from "./parse-json.ts";

const replacement = "\ufffd";

/** Whether objects and arrays are within each other deeper than the CBOR form allows. */
function isTooDeep(value: unknown, left = maxDepth): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (left === 0) return true;
  for (const key in value) if (isTooDeep((value as Record<string, unknown>)[key], left - 1)) return true;
  return false;
}

/** @throws SyntaxError, also for what is nested so deeply that the parser gives up */
function parsed(text: string): unknown {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    throw error instanceof RangeError ? tooDeep() : error;
  }
  if (isTooDeep(value)) throw tooDeep();
  return value;
}

function tooDeep(): SyntaxError {
  return new SyntaxError(`it is nested deeper than ${maxDepth} levels`);
}

/** Parses lines to values with exact integers; what is null is left out. */
export class JsonLineParser implements LineDecoder {
  warning: string | undefined;

  /** @throws SyntaxError */
  decode(bytes: Uint8Array, start: number, end: number): unknown {
    const line = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
    checkJsonSize(line);
    const text = line.toString("utf8");
    const value = parsed(text);
    if (text.includes("null")) dropNulls(value);
    this.warning = text.includes(replacement) && !isUtf8(line) ? "is not UTF-8; such bytes were read as U+FFFD" : undefined;
    return value;
  }
}
