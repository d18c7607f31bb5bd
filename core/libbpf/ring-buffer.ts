/**
 * Reads a BPF ring buffer straight from its mapped memory (kernel/bpf/ringbuf.c): a page with the consumer position,
 * mapped writable; a page with the producer position and the data twice in a row, read-only, so that a record that wraps
 * still lies in one piece. Of the second time only as much is mapped as a record may take: what is mapped counts as memory of
 * this process each time.
 *
 * 32-bit `Atomics` on the read-only part crash (they compile to locked instructions), so record headers are read
 * plainly, and one fence per batch on our own memory orders them before the records' content.
 */
import { libc } from "./libc.ts";
import { MappedMemory } from "./mapped-memory.ts";

/** Bits of the record header's length word. */
const busyBit = 0x80000000;
const discardBit = 0x40000000;
const headerBytes = 8;

/** Longer records than this are not sent (RETIS_RECORD_MAX of bpf/include/retis/record.h); pages may be as large. */
const wrappedBytes = 64 * 1024;

/** The consumer position is published after this many bytes, so that the kernel can reuse the space early. */
const publishBytes = 512 * 1024;

/**
 * Called with the byte offset of a record in {@link RingBuffer.memory}, its length, and the index of its ring; valid only during
 * the call.
 */
export type RecordVisitor = (at: number, length: number, ring: number) => void;

/** Called with the byte offset of a record, its length and where in the ring it starts; valid until that place is released. */
export type RecordScanner = (at: number, length: number, start: number) => void;

/** Single consumer of one ring buffer map. */
export class RingBuffer {
  /** The whole read-only mapping; record offsets count from its start. */
  readonly memory: ArrayBuffer;
  readonly #words: Uint32Array;
  readonly #producer: BigUint64Array;
  readonly #consumer: BigUint64Array;
  readonly #fence = new Int32Array(new SharedArrayBuffer(4));
  readonly #dataStart: number;
  readonly #mappings: readonly MappedMemory[];
  #position: number;

  /**
   * @param fd file descriptor of the map; it can be read, as poll(2) has it, while records wait
   * @param size of the data area, bytes, a power of two
   * @param index what visitors get, to tell several rings apart
   */
  constructor(
    readonly fd: number,
    readonly size: number,
    readonly index = 0,
  ) {
    const page = libc().getpagesize();
    const consumer = new MappedMemory(fd, page, { writable: true });
    const data = new MappedMemory(fd, page + size + Math.min(size, wrappedBytes), { offset: page });
    this.#mappings = [consumer, data];
    this.#consumer = new BigUint64Array(consumer.buffer, 0, 1);
    this.memory = data.buffer;
    this.#producer = new BigUint64Array(this.memory, 0, 1);
    this.#words = new Uint32Array(this.memory);
    this.#dataStart = page;
    this.#position = Number(this.#consumer[0]);
  }

  /** Bytes that wait, records still being written included. */
  get pendingBytes(): number {
    return Number(this.#producer[0]) - this.#position;
  }

  /** Share of the ring that is in use, 0 to 1. */
  get fill(): number {
    return this.pendingBytes / this.size;
  }

  /**
   * Visits the complete records that wait, oldest first, up to `maxBytes` of them.
   * @returns number of records visited
   */
  drain(visit: RecordVisitor, maxBytes = Number.MAX_SAFE_INTEGER): number {
    const total = this.#completeBytes(this.#position, Math.min(this.pendingBytes, maxBytes));
    // Orders the header reads above before the content reads below on weakly ordered machines.
    Atomics.add(this.#fence, 0, 1);
    const start = this.#position;
    const base = start % this.size;
    let records = 0;
    let published = 0;
    for (let done = 0; done < total; ) {
      const header = this.#headerAt(base + done);
      const length = header & ~discardBit;
      if ((header & discardBit) === 0) {
        visit(this.#offsetOf(base + done) + headerBytes, length, this.index);
        records++;
      }
      done += headerBytes + ((length + 7) & ~7);
      if (done - published >= publishBytes || done === total) {
        this.#position = start + done;
        Atomics.store(this.#consumer, 0, BigInt(this.#position));
        published = done;
      }
    }
    return records;
  }

  /** Where in the ring the oldest record is that was not drained or released: bytes since the ring was made. */
  get position(): number {
    return this.#position;
  }

  /**
   * Shows the complete records that start at `from` or later, oldest first, without releasing their space.
   *
   * @param from what the last call returned, or {@link position}
   * @param to position at which to stop
   * @returns end of the last record, discarded ones included: where to go on
   */
  scan(from: number, to: number, show: RecordScanner): number {
    const total = this.#completeBytes(from, Math.min(to, Number(this.#producer[0])) - from);
    Atomics.add(this.#fence, 0, 1);
    const base = from % this.size;
    let done = 0;
    while (done < total) {
      const header = this.#headerAt(base + done);
      const length = header & ~discardBit;
      if ((header & discardBit) === 0) show(this.#offsetOf(base + done) + headerBytes, length, from + done);
      done += headerBytes + ((length + 7) & ~7);
    }
    return from + done;
  }

  /** Gives the kernel the space up to a position that {@link scan} gave. */
  release(position: number): void {
    if (position === this.#position) return;
    this.#position = position;
    Atomics.store(this.#consumer, 0, BigInt(position));
  }

  close(): void {
    for (const mapping of this.#mappings) mapping.unmap();
  }

  /** Bytes from a position to the end of the last record that is complete and starts within `limit` bytes. */
  #completeBytes(position: number, limit: number): number {
    const base = position % this.size;
    let done = 0;
    while (done < limit) {
      const header = this.#headerAt(base + done);
      if (header >= busyBit) break;
      done += headerBytes + (((header & ~discardBit) + 7) & ~7);
    }
    return done;
  }

  /** Byte offset in `memory` of the record header at `distance` bytes from the start of the ring (which may wrap once). */
  #offsetOf(distance: number): number {
    return this.#dataStart + (distance & (this.size - 1));
  }

  #headerAt(distance: number): number {
    return this.#words[this.#offsetOf(distance) >>> 2] as number;
  }
}
