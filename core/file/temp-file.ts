import { closeSync, mkdtempSync, openSync, readSync, rmdirSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { scratchNotWritten } from "../base/errors.ts";
import type { StoredBytes } from "./block-cache.ts";

const firstBuffer = 16 * 1024;

/** Bytes kept in memory before the file is made, and then collected before a write. */
const defaultBuffer = 4 * 1024 * 1024;

/**
 * Temporary bytes that grow at the end and are read anywhere: in memory while they are few, then in a file of `TMPDIR`.
 * The file has no name once it is open, so nothing of it is left however the process ends.
 */
export class TempFile implements StoredBytes {
  #descriptor: number | undefined;
  #buffer: Uint8Array;
  #used = 0;
  /** Bytes in the file. */
  #written = 0;

  constructor(private readonly bufferSize = defaultBuffer) {
    this.#buffer = new Uint8Array(Math.min(firstBuffer, bufferSize));
  }

  get size(): number {
    return this.#written + this.#used;
  }

  /** Adds bytes, which are copied; returns where they begin. @throws TraceError `SCRATCH_WRITE` */
  append(bytes: Uint8Array, start: number, end: number): number {
    const at = this.size;
    const size = end - start;
    if (size > this.#buffer.length - this.#used) this.#makeRoom(size);
    if (size > this.#buffer.length) this.#write(bytes, start, end);
    else {
      this.#buffer.set(bytes.subarray(start, end), this.#used);
      this.#used += size;
    }
    return at;
  }

  /** Fills `target` from `position` on; returns how many bytes there were. @throws TraceError `SCRATCH_WRITE` */
  readAt(target: Uint8Array, position: number): number {
    const wanted = Math.min(target.length, this.size - position);
    if (position < this.#written && position + wanted > this.#written) this.#flush();
    if (position >= this.#written) {
      const from = position - this.#written;
      target.set(this.#buffer.subarray(from, from + wanted));
      return wanted;
    }
    return this.#guarded(() => readFully(this.#descriptor!, target.subarray(0, wanted), position));
  }

  /** Closing twice is fine. */
  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #makeRoom(size: number): void {
    const wanted = this.#used + size;
    if (wanted > this.bufferSize) return this.#flush();
    const larger = new Uint8Array(Math.min(this.bufferSize, Math.max(wanted, this.#buffer.length * 2)));
    larger.set(this.#buffer.subarray(0, this.#used));
    this.#buffer = larger;
  }

  #flush(): void {
    const used = this.#used;
    this.#used = 0;
    this.#write(this.#buffer, 0, used);
  }

  #write(bytes: Uint8Array, start: number, end: number): void {
    this.#guarded(() => {
      this.#descriptor ??= openUnnamed();
      for (let at = start; at < end; ) at += writeSync(this.#descriptor, bytes, at, end - at, this.#written + at - start);
    });
    this.#written += end - start;
  }

  #guarded<T>(act: () => T): T {
    try {
      return act();
    } catch (cause) {
      throw scratchNotWritten(tmpdir(), cause);
    }
  }
}

/** Reads until `target` is full or the file ends; returns how many bytes there were. */
export function readFully(descriptor: number, target: Uint8Array, position: number): number {
  let done = 0;
  while (done < target.length) {
    const count = readSync(descriptor, target, done, target.length - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** Opens a new file that only we can read, and takes its name away. */
function openUnnamed(): number {
  const directory = mkdtempSync(join(tmpdir(), "retis-"));
  const path = join(directory, "scratch");
  try {
    const descriptor = openSync(path, "wx+", 0o600);
    unlinkSync(path);
    return descriptor;
  } finally {
    rmdirSync(directory);
  }
}
