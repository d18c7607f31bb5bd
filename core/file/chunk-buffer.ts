import type { ByteSource } from "./byte-source.ts";

/** Bytes read at once; a batch of events is what one chunk holds. */
const chunkSize = 1024 * 1024;

/** An item (an event, a header with its schema, a whole series on one line) longer than this counts as damage. */
export const maxItemSize = 64 * 1024 * 1024;

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
