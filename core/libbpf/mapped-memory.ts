/** Memory that a BPF map shares with us (mmap(2)). */
import { type Pointer, toArrayBuffer } from "bun:ffi";
import { syscallFailed } from "../base/errors.ts";
import { errnoName, lastErrno, libc } from "./libc.ts";

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;

/** Owns the mapping: nothing may touch `buffer` after `unmap`. */
export class MappedMemory {
  readonly buffer: ArrayBuffer;
  readonly #address: Pointer;

  /**
   * @param bytes length of the mapping
   * @param options.offset where it starts in the map, a multiple of the page size
   */
  constructor(fd: number, bytes: number, options: { readonly writable?: boolean; readonly offset?: number } = {}) {
    const protection = options.writable ? PROT_READ | PROT_WRITE : PROT_READ;
    const address = libc().mmap(null, BigInt(bytes), protection, MAP_SHARED, fd, BigInt(options.offset ?? 0));
    // MAP_FAILED is (void *)-1, which is not a valid pointer number either way it is read.
    if (!address || address < 4096 || address > 2 ** 52) throw syscallFailed("map kernel memory", errnoName(lastErrno()));
    this.#address = address as Pointer;
    this.buffer = toArrayBuffer(this.#address, 0, bytes);
  }

  unmap(): void {
    libc().munmap(this.#address, BigInt(this.buffer.byteLength));
  }
}
