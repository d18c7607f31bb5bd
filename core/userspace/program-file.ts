/**
 * A program or library as a file that is open: what is read from it and what is probed is one and the same, whatever its
 * path leads to meanwhile.
 */
import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { FileBytes } from "../base/byte-source.ts";
import { ElfFile } from "../base/elf-file.ts";

/** A FIFO or device that a process mapped must not block us. */
const openFlags = constants.O_RDONLY | constants.O_NONBLOCK;

/** Owns a file descriptor. */
export class ProgramFile {
  readonly #fd: number;
  #elf: ElfFile | undefined;
  /**
   * The same for two paths, in whichever mount namespaces, that lead to one file. Containers that share an image see
   * it with device numbers of their own, so those do not count; what counts is as good as unique on a host.
   */
  readonly identity: string;
  readonly #size: number;

  /** @throws Error when it cannot be opened, or is not a regular file */
  constructor(path: string) {
    this.#fd = openSync(path, openFlags);
    const { ino, size, mtimeNs, ctimeNs, isFile } = this.#stat();
    this.#size = Number(size);
    this.identity = `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
    if (isFile) return;
    this.close();
    throw new Error("it is not a regular file");
  }

  /** A path that leads to this very file, for the kernel, while it is open. */
  get path(): string {
    return `/proc/self/fd/${this.#fd}`;
  }

  /** @throws RangeError saying what is wrong with it */
  get elf(): ElfFile {
    this.#elf ??= new ElfFile(new FileBytes(this.#fd, this.#size));
    if (!this.#elf.isProgram) throw new RangeError("it is neither a program nor a shared library");
    return this.#elf;
  }

  close(): void {
    closeSync(this.#fd);
  }

  #stat() {
    const stat = fstatSync(this.#fd, { bigint: true });
    return { ino: stat.ino, size: stat.size, mtimeNs: stat.mtimeNs, ctimeNs: stat.ctimeNs, isFile: stat.isFile() };
  }
}
