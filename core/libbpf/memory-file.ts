/** Anonymous files in memory, for libraries and BPF objects that must have a path but shall not touch any disk. */
import { closeSync, readFileSync, writeSync } from "node:fs";
import { syscallFailed } from "../base/errors.ts";
import { cString, errnoName, lastErrno, libc } from "./libc.ts";

const MFD_CLOEXEC = 1;

/** A memfd(2); its `path` names it for this process as long as it is open. */
export class MemoryFile {
  readonly path: string;
  readonly #fd: number;

  /** @throws TraceError when the kernel refuses (memory, `vm.memfd_noexec`) */
  constructor(name: string, content?: Uint8Array) {
    this.#fd = libc().memfd_create(cString(name), MFD_CLOEXEC);
    if (this.#fd < 0) throw syscallFailed("create a memory file", errnoName(lastErrno()));
    this.path = `/proc/self/fd/${this.#fd}`;
    for (let at = 0; content && at < content.length; ) at += writeSync(this.#fd, content, at);
  }

  /** Everything written to the file so far. */
  bytes(): Uint8Array {
    return readFileSync(this.path);
  }

  close(): void {
    closeSync(this.#fd);
  }
}
