import { CborDecoder } from "../cbor/decoder.ts";
import { ItemError } from "../cbor/item-error.ts";
import { selfDescribedTag } from "./header.ts";
import type { ChunkBuffer } from "./chunk-buffer.ts";
import type { AcceptItem, SequenceReader, ReportDamage } from "./sequence-reader.ts";

/**
 * Makes something of one item: a {@link CborDecoder} its value, a scan what can be said without decoding. Headers, which the
 * self-described tag marks, go to `decodeOnce` if there is one.
 */
export type ItemDecoder = Pick<CborDecoder, "decode" | "position" | "setBytes"> & Partial<Pick<CborDecoder, "decodeOnce">>;

/**
 * Reads the items of a CBOR sequence (RFC 8742). The self-described tag may precede any item, as it does in the
 * middle of files that were simply joined.
 */
export class CborSequenceReader implements SequenceReader {
  readonly #decoder: ItemDecoder;
  #stopped = false;

  constructor(
    readonly buffer: ChunkBuffer,
    readonly report: ReportDamage,
    decoder: ItemDecoder = new CborDecoder(),
  ) {
    this.#decoder = decoder;
  }

  read(accept: AcceptItem, limit: number): boolean {
    while (!this.#stopped) {
      if (this.#decodeItems(accept, limit) > 0) return true;
      if (!this.#stopped && !this.buffer.fill()) this.#stopAtEnd();
    }
    return false;
  }

  /** Decodes whole items at hand; returns how many. */
  #decodeItems(accept: AcceptItem, limit: number): number {
    const { buffer } = this;
    let count = 0;
    this.#decoder.setBytes(buffer.bytes, buffer.end);
    while (count < limit && buffer.start < buffer.end) {
      const item = this.#decodeOne(buffer.start, this.#tagLength());
      if (item === undefined) break;
      accept(item, buffer.offsetOf(buffer.start));
      buffer.start = this.#decoder.position;
      count++;
    }
    return count;
  }

  /** The item after the tag at `at`, if there is one; undefined when it is not whole or damaged. */
  #decodeOne(at: number, tagLength: number): unknown {
    const decoder = this.#decoder;
    try {
      const header = tagLength > 0 ? decoder.decodeOnce?.(at + tagLength) : undefined;
      return header ?? decoder.decode(at + tagLength) ?? null;
    } catch (error) {
      if (!(error instanceof ItemError)) throw error;
      if (error.kind === "malformed") this.#stopAtDamage(error.message);
      return undefined;
    }
  }

  #tagLength(): number {
    const { bytes, start, end } = this.buffer;
    if (bytes[start] !== selfDescribedTag[0]) return 0;
    const there = bytes.subarray(start, Math.min(end, start + selfDescribedTag.length));
    return there.every((byte, index) => byte === selfDescribedTag[index]) ? there.length : 0;
  }

  #stopAtDamage(reason: string): void {
    this.#stopped = true;
    const { buffer } = this;
    const offset = buffer.offsetOf(buffer.start);
    let left = 0;
    do {
      left += buffer.end - buffer.start;
      buffer.start = buffer.end;
    } while (buffer.fill());
    this.report(offset, `the item here is damaged (${reason}); ${left} bytes were left out`);
  }

  #stopAtEnd(): void {
    const { buffer } = this;
    const left = buffer.end - buffer.start;
    if (!buffer.ended) return this.#stopAtDamage("it is longer than any event");
    this.#stopped = true;
    if (left > 0) this.report(buffer.offsetOf(buffer.start), `the last item is cut short; ${left} bytes were left out`);
  }
}
