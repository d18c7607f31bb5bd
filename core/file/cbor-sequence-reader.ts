import { noteLargeItem } from "../base/large-garbage.ts";
import { CborDecoder } from "../cbor/decoder.ts";
import { ItemError } from "../cbor/item-error.ts";
import { ItemSkipper } from "../cbor/item-skipper.ts";
import { selfDescribedTag } from "./header.ts";
import { chunkSize, maxEventSize, maxItemSize, type ChunkBuffer } from "./chunk-buffer.ts";
import type { AcceptItem, SequenceReader, ReportDamage } from "./sequence-reader.ts";

/**
 * Makes something of one item: a {@link CborDecoder} its value, a scan what can be said without decoding. Headers, which the
 * self-described tag marks, go to `decodeOnce` if there is one.
 */
export type ItemDecoder = Pick<CborDecoder, "decode" | "position"> &
  Partial<Pick<CborDecoder, "decodeOnce">> & {
    /** @param stop no item is decoded that begins there or later */
    readonly setBytes: (bytes: Uint8Array, end: number, stop: number) => void;
    /** Passes over items that need not be decoded, none of them long; returns where the first other one begins. */
    readonly pass?: (start: number) => number;
  };

/** Major type of a list (RFC 8949 section 3.1). */
const listType = 4;

/** An item that is being passed over. */
interface SkippedItem {
  readonly skipper: ItemSkipper;
  readonly offset: number;
  readonly reason: string;
}

/**
 * Reads the items of a CBOR sequence (RFC 8742). The self-described tag may precede any item, as it does in the
 * middle of files that were simply joined.
 */
export class CborSequenceReader implements SequenceReader {
  readonly #decoder: ItemDecoder;
  #stopped = false;
  #skipped: SkippedItem | undefined;

  constructor(
    readonly buffer: ChunkBuffer,
    readonly report: ReportDamage,
    decoder: ItemDecoder = new CborDecoder(),
  ) {
    this.#decoder = decoder;
  }

  /** Whether the next byte is the first of an item, or the end of the file is. */
  get isAtItem(): boolean {
    return !this.#stopped && this.#skipped === undefined;
  }

  /** The buffer holds what is at another offset now, where an item begins. */
  restart(): void {
    this.#stopped = false;
    this.#skipped = undefined;
  }

  read(accept: AcceptItem, limit: number): boolean {
    while (!this.#stopped) {
      if (this.#skipped !== undefined) {
        this.#skipFurther(this.#skipped);
        return true;
      }
      if (this.#decodeItems(accept, limit) > 0) return true;
      if (this.#skipped !== undefined) continue;
      if (this.buffer.end - this.buffer.start > this.#longest()) this.#skip(this.#tooLong());
      else if (!this.buffer.fillFurther()) this.#stopAtEnd();
    }
    return false;
  }

  /** Decodes whole items at hand; returns how many. */
  #decodeItems(accept: AcceptItem, limit: number): number {
    const { buffer } = this;
    let count = 0;
    const stop = Math.min(buffer.end, buffer.start + chunkSize, buffer.limitIndex);
    this.#decoder.setBytes(buffer.bytes, buffer.end, stop);
    while (count < limit && buffer.start < stop) {
      const passed = this.#decoder.pass?.(buffer.start) ?? buffer.start;
      if (passed > buffer.start) {
        buffer.start = passed;
        count++;
        continue;
      }
      const item = this.#decodeOne(buffer.start, this.#tagLength());
      if (item === undefined) break;
      const next = this.#decoder.position;
      if (next - buffer.start > this.#longest()) {
        this.report(buffer.offsetOf(buffer.start), `the item here was left out: ${this.#tooLong()}`);
      } else {
        accept(item, buffer.offsetOf(buffer.start));
      }
      noteLargeItem(next - buffer.start);
      buffer.start = next;
      count++;
    }
    return count;
  }

  /** Most bytes of the item at hand: a list is a series. */
  #longest(): number {
    const { bytes, start } = this.buffer;
    return bytes[start + this.#tagLength()]! >> 5 === listType ? maxItemSize : maxEventSize;
  }

  #tooLong(): string {
    return `it is longer than ${this.#longest() >> 20} MiB, the limit for ${this.#longest() === maxItemSize ? "a series" : "an event"}`;
  }

  /** The item after the tag at `at`, if there is one; undefined when it is not whole or damaged. */
  #decodeOne(at: number, tagLength: number): unknown {
    const decoder = this.#decoder;
    try {
      const header = tagLength > 0 ? decoder.decodeOnce?.(at + tagLength) : undefined;
      return header ?? decoder.decode(at + tagLength) ?? null;
    } catch (error) {
      if (!(error instanceof ItemError)) throw error;
      if (error.kind === "malformed") this.#skip(error.message);
      return undefined;
    }
  }

  #tagLength(): number {
    const { bytes, start, end } = this.buffer;
    if (bytes[start] !== selfDescribedTag[0]) return 0;
    const there = bytes.subarray(start, Math.min(end, start + selfDescribedTag.length));
    return there.every((byte, index) => byte === selfDescribedTag[index]) ? there.length : 0;
  }

  /** Passes over the item at hand: what is well-formed CBOR has an end, though it is no event. */
  #skip(reason: string): void {
    const { buffer } = this;
    this.#skipped = { skipper: new ItemSkipper(), offset: buffer.offsetOf(buffer.start), reason };
    buffer.start += this.#tagLength();
  }

  /** Goes on with the bytes at hand, then reads further ones. */
  #skipFurther({ skipper, offset, reason }: SkippedItem): void {
    const { buffer } = this;
    try {
      buffer.start = skipper.skip(buffer.bytes, buffer.start, buffer.end);
    } catch (error) {
      if (!(error instanceof ItemError)) throw error;
      return this.#stopAtDamage(offset, `${reason}; ${error.message}`);
    }
    if (skipper.done) {
      this.report(offset, `the item here was left out: ${reason}`);
      this.#skipped = undefined;
    } else if (!buffer.fill()) {
      const { end } = buffer;
      buffer.start = end;
      this.#stopped = true;
      this.report(offset, `the item here is damaged (${reason}) and cut short; ${buffer.offsetOf(end) - offset} bytes were left out`);
    }
  }

  #stopAtDamage(offset: number, reason: string): void {
    const { buffer } = this;
    this.#stopped = true;
    do buffer.start = buffer.end;
    while (buffer.fill());
    const left = buffer.offsetOf(buffer.end) - offset;
    this.report(offset, `the item here is damaged (${reason}); ${left} bytes were left out`);
  }

  #stopAtEnd(): void {
    const { buffer } = this;
    const left = buffer.end - buffer.start;
    this.#stopped = true;
    if (left > 0) this.report(buffer.offsetOf(buffer.start), `the last item is cut short; ${left} bytes were left out`);
  }
}
