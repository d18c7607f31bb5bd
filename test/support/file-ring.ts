/** A ring buffer whose kernel side is the test: a file with the pages of kernel/bpf/ringbuf.c, mapped by the real reader. */
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MappedMemory } from "../../core/libbpf/mapped-memory.ts";
import { RingBuffer } from "../../core/libbpf/ring-buffer.ts";

const page = 4096;
const headerBytes = 8;
const busyBit = 0x80000000;
/** The most that the reader maps of the data's second copy. */
const copyBytes = 64 * 1024;

export class FileRing {
  readonly ring: RingBuffer;
  readonly #descriptor: number;
  readonly #mapping: MappedMemory;
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  #produced = 0;
  #unfinished: number[] = [];

  /** @param size of the data, bytes, a power of two and at most 64 KiB, so that the copy is whole */
  constructor(
    private readonly size: number,
    index: number,
  ) {
    const directory = mkdtempSync(join(tmpdir(), "retis-ring-"));
    this.#descriptor = openSync(join(directory, "ring"), "w+");
    rmSync(directory, { recursive: true });
    const length = 2 * page + size + Math.min(size, copyBytes);
    ftruncateSync(this.#descriptor, length);
    this.#mapping = new MappedMemory(this.#descriptor, length, { writable: true });
    this.#view = new DataView(this.#mapping.buffer);
    this.#bytes = new Uint8Array(this.#mapping.buffer);
    this.ring = new RingBuffer(this.#descriptor, size, index);
  }

  /** Bytes that the reader gave back so far. */
  get freed(): number {
    return Number(this.#view.getBigUint64(0, true));
  }

  /** Puts a record into the ring. @param busy it is still written, until {@link finish} */
  send(payload: Uint8Array, busy = false): void {
    const length = headerBytes + ((payload.length + 7) & ~7);
    if (this.#produced + length - this.freed > this.size) throw new Error("the ring is full");
    this.#write(this.#produced + headerBytes, payload);
    this.#writeHeader(this.#produced, payload.length + (busy ? busyBit : 0));
    if (busy) this.#unfinished.push(this.#produced);
    this.#produced += length;
    this.#view.setBigUint64(page, BigInt(this.#produced), true);
  }

  /** Completes the records that were still written. */
  finish(): void {
    for (const at of this.#unfinished) this.#writeHeader(at, this.#view.getUint32(2 * page + (at % this.size), true) - busyBit);
    this.#unfinished = [];
  }

  close(): void {
    this.ring.close();
    this.#mapping.unmap();
    closeSync(this.#descriptor);
  }

  #writeHeader(at: number, word: number): void {
    this.#write(at, new Uint8Array(Uint32Array.of(word, 0).buffer));
  }

  /** In both copies, which are the same memory in a real ring. */
  #write(position: number, bytes: Uint8Array): void {
    for (const [index, byte] of bytes.entries()) {
      const at = (position + index) % this.size;
      this.#bytes[2 * page + at] = byte;
      if (at < copyBytes) this.#bytes[2 * page + this.size + at] = byte;
    }
  }
}
