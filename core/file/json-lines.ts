import { reasonOf } from "../base/errors.ts";
import { maxItemSize, type ChunkBuffer } from "./chunk-buffer.ts";
import { dropNulls } from "./normalize-event.ts";
import type { AcceptItem, SequenceReader, ReportDamage } from "./sequence-reader.ts";
import { parseJson } from "./parse-json.ts";

const newline = 0x0a;
const replacement = "\ufffd";
const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

/** Reads JSON lines. Empty lines and blanks around a line are passed over; `\r\n` ends a line too. */
export class JsonLines implements SequenceReader {
  #line = 0;

  constructor(
    readonly buffer: ChunkBuffer,
    readonly report: ReportDamage,
  ) {}

  read(accept: AcceptItem, limit: number): boolean {
    for (;;) {
      if (this.#takeLines(accept, limit) > 0) return true;
      if (this.buffer.fill()) continue;
      if (!this.buffer.ended) this.#skipEndlessLine();
      else if (this.buffer.start === this.buffer.end) return false;
      else if (this.#takeLastLine(accept)) return true;
    }
  }

  /** Parses whole lines at hand, up to `limit` items; returns how many items. */
  #takeLines(accept: AcceptItem, limit: number): number {
    const { buffer } = this;
    let count = 0;
    while (count < limit) {
      const end = buffer.bytes.indexOf(newline, buffer.start);
      if (end < 0 || end >= buffer.end) break;
      this.#line++;
      if (this.#take(accept, end, (reason) => `line ${this.#line} is damaged (${reason}) and was left out`)) count++;
      buffer.start = end + 1;
    }
    return count;
  }

  /** A line without its newline is whole when it parses. */
  #takeLastLine(accept: AcceptItem): boolean {
    const { buffer } = this;
    this.#line++;
    const left = buffer.end - buffer.start;
    const taken = this.#take(accept, buffer.end, () => `the last line (${this.#line}) is cut short; ${left} bytes were left out`);
    buffer.start = buffer.end;
    return taken;
  }

  #take(accept: AcceptItem, end: number, describe: (reason: string) => string): boolean {
    const { bytes, start } = this.buffer;
    const offset = this.buffer.offsetOf(start);
    const line = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
    const text = line.toString("utf8");
    if (text.trim() === "") return false;
    let item: unknown;
    try {
      item = parseJson(text);
    } catch (error) {
      this.report(offset, describe(reasonOf(error)));
      return false;
    }
    if (text.includes("null")) dropNulls(item);
    accept(item, offset);
    if (text.includes(replacement) && !isUtf8(line)) {
      this.report(offset, `line ${this.#line} is not UTF-8; such bytes were read as U+FFFD`);
    }
    return true;
  }

  /** Passes over a line longer than any event, up to the next newline. */
  #skipEndlessLine(): void {
    const { buffer } = this;
    const offset = buffer.offsetOf(buffer.start);
    this.#line++;
    let end = -1;
    do {
      buffer.start = buffer.end;
      if (!buffer.fill()) break;
      end = buffer.bytes.subarray(0, buffer.end).indexOf(newline, buffer.start);
    } while (end < 0);
    buffer.start = end < 0 ? buffer.end : end + 1;
    this.report(offset, `line ${this.#line} is longer than ${maxItemSize} bytes and was left out`);
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    strictUtf8.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
