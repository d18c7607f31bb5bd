import { reasonOf } from "../base/errors.ts";
import { maxItemSize, type ChunkBuffer } from "./chunk-buffer.ts";
import type { SequenceReader, ReportDamage } from "./sequence-reader.ts";
import { JsonEventScan } from "./json-event-scan.ts";

const newline = 0x0a;

/** Scans JSON lines where {@link JsonLines} would parse them; the item that it gives is always its scan. */
export class JsonLineScanner implements SequenceReader {
  readonly scan = new JsonEventScan();

  /** @param line number of lines before the first one that is scanned */
  constructor(
    readonly buffer: ChunkBuffer,
    readonly report: ReportDamage,
    private line: number,
  ) {}

  read(accept: (item: JsonEventScan, offset: number) => void, limit: number): boolean {
    const { buffer } = this;
    for (;;) {
      if (this.#scanLines(accept, limit) > 0) return true;
      if (buffer.fill()) continue;
      if (!buffer.ended) this.#skipEndlessLine();
      else if (buffer.start === buffer.end) return false;
      else if (this.#scanLastLine(accept)) return true;
    }
  }

  #scanLines(accept: (item: JsonEventScan, offset: number) => void, limit: number): number {
    const { buffer } = this;
    let count = 0;
    while (count < limit) {
      const end = buffer.bytes.indexOf(newline, buffer.start);
      if (end < 0 || end >= buffer.end) break;
      this.line++;
      if (this.#scanLine(accept, end, (reason) => `line ${this.line} is damaged (${reason}) and was left out`)) count++;
      buffer.start = end + 1;
    }
    return count;
  }

  /** A line without its newline is whole when it is valid. */
  #scanLastLine(accept: (item: JsonEventScan, offset: number) => void): boolean {
    const { buffer } = this;
    this.line++;
    const left = buffer.end - buffer.start;
    const taken = this.#scanLine(accept, buffer.end, () => `the last line (${this.line}) is cut short; ${left} bytes were left out`);
    buffer.start = buffer.end;
    return taken;
  }

  #scanLine(accept: (item: JsonEventScan, offset: number) => void, end: number, describe: (reason: string) => string): boolean {
    const { bytes, start } = this.buffer;
    if (isBlankLine(bytes, start, end)) return false;
    try {
      this.scan.scan(bytes, start, end);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.report(this.buffer.offsetOf(start), describe(reasonOf(error)));
      return false;
    }
    accept(this.scan, this.buffer.offsetOf(this.scan.start));
    return true;
  }

  #skipEndlessLine(): void {
    const { buffer } = this;
    const offset = buffer.offsetOf(buffer.start);
    this.line++;
    let end = -1;
    do {
      buffer.start = buffer.end;
      if (!buffer.fill()) break;
      end = buffer.bytes.subarray(0, buffer.end).indexOf(newline, buffer.start);
    } while (end < 0);
    buffer.start = end < 0 ? buffer.end : end + 1;
    this.report(offset, `line ${this.line} is longer than ${maxItemSize} bytes and was left out`);
  }
}

function isBlankLine(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at]! > 0x20) return false;
  return true;
}
