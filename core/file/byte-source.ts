import { closeSync, constants, fstatSync, openSync, readSync, statSync } from "node:fs";
import { eventFileNotRead, notAnEventFile } from "../base/errors.ts";
import { waitReadable } from "../signals/wait-for-descriptor.ts";

/** Bytes in order, read synchronously. */
export interface ByteSource {
  /**
   * Fills a part of `target` from its start.
   *
   * @returns the number of bytes read, 0 at the end
   * @throws TraceError `FILE_READ`
   */
  read(target: Uint8Array): number;
  /** Why the bytes ended early, once `read` has returned 0; undefined when they ended as they should. */
  readonly damage: string | undefined;
  /** Reads on at an offset; only of regular files. */
  seek?(offset: number): void;
  /** Of the file whose bytes these are. */
  readonly descriptor?: number | undefined;
  close(): void;
}

/** Path that means standard input. */
export const stdinPath = "-";

/** How long to wait for a pipe that was set to non-blocking by whoever made it. */
const retryMs = 5;
const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** For a FIFO that has no writer yet: open(2) would wait for it in the kernel, where no signal is heard. */
const openAtOnce = constants.O_RDONLY | constants.O_NONBLOCK;

function isFifo(path: string): boolean {
  return statSync(path).isFIFO();
}

/** A file, FIFO, device or (`-`) standard input. */
export class FileSource implements ByteSource {
  readonly damage = undefined;
  readonly #check: (() => void) | undefined;
  #descriptor: number;
  /** Where to read; null: after what was read last. */
  #position: number | null = null;
  readonly #mayWait: boolean;

  /**
   * @param check called before each read, and again and again while nothing is there to read; throws to give up
   * @throws TraceError `FILE_READ`, or `FILE_FORMAT` for a directory
   */
  constructor(
    readonly path: string,
    check?: () => void,
  ) {
    this.#check = check;
    let isDirectory: boolean;
    try {
      this.#descriptor = path === stdinPath ? 0 : openSync(path, check && isFifo(path) ? openAtOnce : "r");
      const kind = fstatSync(this.#descriptor);
      isDirectory = kind.isDirectory();
      this.#mayWait = !kind.isFile();
    } catch (cause) {
      throw eventFileNotRead(path, cause);
    }
    if (!isDirectory) return;
    this.close();
    throw notAnEventFile(path, "it is a directory");
  }

  read(target: Uint8Array): number {
    if (this.#check) {
      this.#check();
      if (this.#mayWait) waitReadable(this.#descriptor, this.#check);
    }
    for (;;) {
      try {
        const count = readSync(this.#descriptor, target, 0, target.length, this.#position);
        if (this.#position !== null) this.#position += count;
        return count;
      } catch (cause) {
        const { code } = cause as { code?: string };
        if (code === "EOF") return 0;
        if (code !== "EAGAIN" && code !== "EINTR") throw eventFileNotRead(this.path, cause);
        Atomics.wait(sleeper, 0, 0, retryMs);
      }
    }
  }

  get descriptor(): number {
    return this.#descriptor;
  }

  seek(offset: number): void {
    this.#position = offset;
  }

  close(): void {
    if (this.#descriptor > 0) closeSync(this.#descriptor);
    this.#descriptor = -1;
  }
}

/** A source of which the first bytes were already read, to look at them. */
export class PeekedSource implements ByteSource {
  #first: Uint8Array;

  constructor(
    readonly source: ByteSource,
    first: Uint8Array,
  ) {
    this.#first = first;
  }

  get damage(): string | undefined {
    return this.source.damage;
  }

  read(target: Uint8Array): number {
    if (this.#first.length === 0) return this.source.read(target);
    const count = Math.min(target.length, this.#first.length);
    target.set(this.#first.subarray(0, count));
    this.#first = this.#first.subarray(count);
    return count;
  }

  get descriptor(): number | undefined {
    return this.source.descriptor;
  }

  seek(offset: number): void {
    this.#first = this.#first.subarray(0, 0);
    this.source.seek!(offset);
  }

  close(): void {
    this.source.close();
  }
}

/** Reads up to `length` bytes; fewer only at the end of the source. */
export function readUpTo(source: ByteSource, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  while (at < length) {
    const count = source.read(bytes.subarray(at));
    if (count === 0) break;
    at += count;
  }
  return bytes.subarray(0, at);
}
