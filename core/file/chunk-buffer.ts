import type { ByteSource } from "./byte-source.ts";

/** Bytes read at once, and about the most that one batch of events is made of. */
export const chunkSize = 1024 * 1024;

/** Most bytes of an event, or of a header with its schema. Those that are recorded have a few hundred, and none has 64 KiB. */
export const maxEventSize = 1024 * 1024;

/** Most bytes of a series; `sort` splits longer ones well below. */
export const maxItemSize = 24 * 1024 * 1024;

/** An incomplete item up to this length is tried again after each read. */
const shortItem = 16 * 1024;

/** The window of a source that is being looked at; it grows to hold one item, and moves on as items are consumed. */
export class ChunkBuffer {
  bytes: Uint8Array;
  /** Unread bytes are `bytes[start]` … `bytes[end - 1]`. */
  start = 0;
  end = 0;
  /** No more bytes will come. */
  ended = false;
  /** Offset in the source of `bytes[0]`. */
  #origin = 0;
  /** Offset from which on no item of the CBOR form is begun. */
  limit = Infinity;

  /** @param size bytes to read at once, until an item needs more */
  constructor(
    readonly source: ByteSource,
    size = chunkSize,
  ) {
    this.bytes = new Uint8Array(size);
  }

  /** Offset in the source of the byte at index `at` of `bytes`. */
  offsetOf(at: number): number {
    return this.#origin + at;
  }

  /** Index in `bytes` of {@link limit}. */
  get limitIndex(): number {
    return this.limit - this.#origin;
  }

  /** Goes on at another offset. Throws for a source that is not a regular file. */
  seek(offset: number): void {
    this.source.seek!(offset);
    this.#origin = offset;
    this.start = this.end = 0;
    this.ended = false;
  }

  /**
   * Adds bytes after the unread ones.
   *
   * @returns false when there are none left, or when the unread ones fill the largest window
   */
  fill(): boolean {
    if (this.ended || this.end - this.start >= maxItemSize) return false;
    this.#moveToFront();
    const count = this.source.read(this.bytes.subarray(this.end));
    this.end += count;
    this.ended = count === 0;
    return !this.ended;
  }

  /**
   * Adds bytes until there are twice as many unread ones: what is tried again after each call is then tried in time linear in
   * its length, however few bytes come at once. A short item is tried again at once, as its writer may be waiting.
   *
   * @returns false when nothing was added
   */
  fillFurther(): boolean {
    const before = this.end - this.start;
    const wanted = before < shortItem ? before + 1 : before * 2;
    while (this.end - this.start < wanted && this.fill());
    return this.end - this.start > before;
  }

  #moveToFront(): void {
    const unread = this.bytes.subarray(this.start, this.end);
    if (unread.length * 2 > this.bytes.length) {
      const larger = new Uint8Array(this.bytes.length * 2);
      larger.set(unread);
      this.bytes = larger;
    } else {
      this.bytes.copyWithin(0, this.start, this.end);
    }
    this.#origin += this.start;
    this.end -= this.start;
    this.start = 0;
  }
}
