/** Bytes that can be read anywhere. */
export interface StoredBytes {
  /** Fills `target` from `position` on; returns how many bytes there were. May throw a TraceError. */
  readAt(target: Uint8Array, position: number): number;
  close(): void;
}

/** Small, as a far jump reads one; large enough that reading in order costs few system calls. */
const chunkSize = 64 * 1024;

/** Distinguishes the chunks of many files in one key; chunk numbers stay below it. */
const chunksPerFile = 2 ** 36;

interface Chunk {
  readonly bytes: Buffer;
  size: number;
}

/**
 * Reads pieces of files in an order that is not far from the files' own: chunks that were used lately stay in memory.
 * What was read stands in `bytes` from `start` on, until the next read.
 */
export class ChunkCache {
  /** A buffer, as its `copy` takes a third of the time of `set` for pieces of this size. */
  bytes: Buffer = Buffer.alloc(0);
  start = 0;
  readonly #chunks = new Map<number, Chunk>();
  readonly #limit: number;
  #joined = Buffer.alloc(chunkSize);
  #lastKey = -1;
  #last: Chunk = { bytes: this.bytes, size: 0 };

  /** @param memory bytes of chunks that are kept */
  constructor(memory: number) {
    this.#limit = Math.max(2, Math.floor(memory / chunkSize));
  }

  /**
   * Reads `length` bytes of `file`, whose number among all files is `id`.
   *
   * @returns false when the file has become shorter than that
   */
  read(file: StoredBytes, id: number, offset: number, length: number): boolean {
    const number = Math.floor(offset / chunkSize);
    const from = offset - number * chunkSize;
    if (from + length > chunkSize) return this.#readAcross(file, id, offset, length);
    const chunk = this.#chunk(file, id, number);
    this.bytes = chunk.bytes;
    this.start = from;
    return from + length <= chunk.size;
  }

  #readAcross(file: StoredBytes, id: number, offset: number, length: number): boolean {
    if (length > this.#joined.length) this.#joined = Buffer.alloc(Math.max(length, this.#joined.length * 2));
    let done = 0;
    while (done < length) {
      const number = Math.floor((offset + done) / chunkSize);
      const from = offset + done - number * chunkSize;
      const { bytes, size } = this.#chunk(file, id, number);
      if (from >= size) return false;
      const piece = bytes.subarray(from, Math.min(size, from + length - done));
      this.#joined.set(piece, done);
      done += piece.length;
    }
    this.bytes = this.#joined;
    this.start = 0;
    return true;
  }

  #chunk(file: StoredBytes, id: number, number: number): Chunk {
    const key = id * chunksPerFile + number;
    if (key === this.#lastKey) return this.#last;
    let chunk = this.#chunks.get(key);
    if (chunk === undefined) {
      chunk = this.#recycled();
      chunk.size = file.readAt(chunk.bytes, number * chunkSize);
    } else {
      // A Map lists its keys in the order of their insertion: the chunk used last comes last.
      this.#chunks.delete(key);
    }
    this.#chunks.set(key, chunk);
    this.#lastKey = key;
    this.#last = chunk;
    return chunk;
  }

  #recycled(): Chunk {
    if (this.#chunks.size < this.#limit) return { bytes: Buffer.alloc(chunkSize), size: 0 };
    const [oldest, chunk] = this.#chunks.entries().next().value!;
    this.#chunks.delete(oldest);
    return chunk;
  }
}
