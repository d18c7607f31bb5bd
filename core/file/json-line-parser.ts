import { isUtf8 } from "node:buffer";
import { noteLargeItem } from "../base/large-garbage.ts";
import { type LineDecoder, notUtf8 } from "./json-line-reader.ts";
import { dropNulls } from "./normalize-event.ts";
import { checkJsonSize } from "./json-size.ts";
import { parseJson } from "./parse-json.ts";

const replacement = "\ufffd";

/** Parses lines to values with exact integers; what is null is left out. */
export class JsonLineParser implements LineDecoder {
  warning: string | undefined;

  /** @throws SyntaxError */
  decode(bytes: Uint8Array, start: number, end: number): unknown {
    const line = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
    checkJsonSize(line);
    noteLargeItem(line.length);
    const text = line.toString("utf8");
    const value = parseJson(text);
    if (text.includes("null")) dropNulls(value);
    this.warning = text.includes(replacement) && !isUtf8(line) ? notUtf8 : undefined;
    return value;
  }
}
