import { closeSync, openSync } from "node:fs";
import { eventFileNotRead } from "../base/errors.ts";
import type { StoredBytes } from "./block-cache.ts";
import { readFully } from "./temp-file.ts";

/** Files kept open at once: a rotated recording may have more parts than a process may have descriptors. */
const maxOpen = 64;
const open = new Set<InputFile>();

/** The bytes of an input file, opened when they are needed. */
export class InputFile implements StoredBytes {
  #descriptor: number | undefined;

  constructor(readonly path: string) {}

  /** See {@link StoredBytes}. @throws TraceError `FILE_READ` */
  readAt(target: Uint8Array, position: number): number {
    try {
      return readFully(this.#open(), target, position);
    } catch (cause) {
      throw eventFileNotRead(this.path, cause);
    }
  }

  close(): void {
    open.delete(this);
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #open(): number {
    if (this.#descriptor !== undefined) return this.#descriptor;
    const [oldest] = open;
    if (open.size >= maxOpen) oldest?.close();
    open.add(this);
    return (this.#descriptor = openSync(this.path, "r"));
  }
}
