import { reasonOf } from "../base/errors.ts";
import { chunkSize, maxEventSize, maxItemSize, type ChunkBuffer } from "./chunk-buffer.ts";
import type { AcceptItem, ReportDamage, SequenceReader } from "./sequence-reader.ts";

/** Makes something of one line: a parser its value, a scan what can be said without parsing. */
export interface LineDecoder {
  /** Takes the line `bytes[start]` … `bytes[end - 1]`, which is not blank. @throws SyntaxError */
  decode(bytes: Uint8Array, start: number, end: number): unknown;
  /** What was read with a change in the line decoded last, to follow "line 7"; undefined when nothing was. */
  readonly warning?: string | undefined;
}

/** {@link LineDecoder.warning} about bytes that are no text. */
export const notUtf8 = "is not UTF-8; such bytes were read as U+FFFD";

const newline = 0x0a;
const openBracket = 0x5b;

/** Reads JSON lines. Empty lines and blanks around a line are passed over; `\r\n` ends a line too. */
export class JsonLineReader implements SequenceReader {
  #line: number;
  /** Unread bytes that hold no newline. */
  #searched = 0;
  /** A line that is being passed over: where it begins, and how long a line of its kind may be. */
  #skipped: { readonly offset: number; readonly longest: number } | undefined;

  /** @param linesBefore number of lines before the first one that is read */
  constructor(
    readonly buffer: ChunkBuffer,
    readonly report: ReportDamage,
    readonly decoder: LineDecoder,
    linesBefore = 0,
  ) {
    this.#line = linesBefore;
  }

  read(accept: AcceptItem, limit: number): boolean {
    for (;;) {
      if (this.#skipped !== undefined) {
        this.#skipFurther(this.#skipped);
        return true;
      }
      if (this.#takeLines(accept, limit) > 0) return true;
      const tooLong = this.buffer.end - this.buffer.start > this.#longest();
      if (!tooLong && this.buffer.fill()) continue;
      if (tooLong) this.#skip();
      else if (this.buffer.start === this.buffer.end) return false;
      else if (this.#takeLastLine(accept)) return true;
    }
  }

  /** Decodes whole lines at hand, up to `limit`; returns how many. */
  #takeLines(accept: AcceptItem, limit: number): number {
    const { buffer } = this;
    const filled = buffer.bytes.subarray(0, buffer.end);
    const stop = buffer.start + chunkSize;
    let count = 0;
    while (count < limit && buffer.start < stop) {
      const end = filled.indexOf(newline, buffer.start + this.#searched);
      this.#searched = end < 0 ? buffer.end - buffer.start : 0;
      if (end < 0) break;
      this.#line++;
      this.#take(accept, end, (reason) => `line ${this.#line} is damaged (${reason}) and was left out`);
      count++;
      buffer.start = end + 1;
    }
    return count;
  }

  /** A line without its newline is whole when it is valid. */
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
    if (isBlankLine(bytes, start, end)) return false;
    const offset = this.buffer.offsetOf(start);
    if (end - start > this.#longest()) {
      this.#reportLong(offset, this.#longest());
      return false;
    }
    let item: unknown;
    try {
      item = this.decoder.decode(bytes, start, end);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.report(offset, describe(reasonOf(error)));
      return false;
    }
    accept(item, offset);
    const { warning } = this.decoder;
    if (warning !== undefined) this.report(offset, `line ${this.#line} ${warning}`);
    return true;
  }

  /** Passes over the line at hand, which is longer than any event. */
  #skip(): void {
    const { buffer } = this;
    this.#skipped = { offset: buffer.offsetOf(buffer.start), longest: this.#longest() };
    this.#line++;
    this.#searched = 0;
    buffer.start = buffer.end;
  }

  #skipFurther({ offset, longest }: { readonly offset: number; readonly longest: number }): void {
    const { buffer } = this;
    const goesOn = buffer.fill();
    const end = buffer.bytes.subarray(0, buffer.end).indexOf(newline, buffer.start);
    buffer.start = end < 0 ? buffer.end : end + 1;
    if (goesOn && end < 0) return;
    this.#skipped = undefined;
    this.#reportLong(offset, longest);
  }

  /** Most bytes of the line at hand: a list is a series. */
  #longest(): number {
    return this.buffer.bytes[this.buffer.start] === openBracket ? maxItemSize : maxEventSize;
  }

  #reportLong(offset: number, longest: number): void {
    const what = longest === maxItemSize ? "a series" : "an event";
    this.report(offset, `line ${this.#line} is longer than ${longest >> 20} MiB, the limit for ${what}, and was left out`);
  }
}

/** Whether the line holds nothing but blanks of JSON (RFC 8259 section 2). */
function isBlankLine(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false;
  }
  return true;
}
