/** Bytes of a program file, read where they are needed: programs are large, and what we want of them is small. */
import { readSync } from "node:fs";

/** Random access to bytes. */
export interface ByteSource {
  /** Bytes in all. */
  readonly size: number;
  /** Bytes from `offset` on. @throws RangeError when they are not all there */
  read(offset: number, length: number): Uint8Array;
}

function assertInside(size: number, offset: number, length: number): void {
  const fits = Number.isSafeInteger(offset) && offset >= 0 && length >= 0 && offset + length <= size;
  if (!fits) throw new RangeError("it is truncated");
}

/** Reads from an open file; the caller keeps the descriptor. */
export class FileBytes implements ByteSource {
  readonly #fd: number;

  constructor(
    fd: number,
    readonly size: number,
  ) {
    this.#fd = fd;
  }

  read(offset: number, length: number): Uint8Array {
    assertInside(this.size, offset, length);
    const bytes = new Uint8Array(length);
    let read = 0;
    while (read < length) {
      const count = readSync(this.#fd, bytes, read, length - read, offset + read);
      if (count === 0) throw new RangeError("it is truncated");
      read += count;
    }
    return bytes;
  }
}

/** Reads from memory. */
export class MemoryBytes implements ByteSource {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#bytes.length;
  }

  read(offset: number, length: number): Uint8Array {
    assertInside(this.size, offset, length);
    return this.#bytes.subarray(offset, offset + length);
  }
}
