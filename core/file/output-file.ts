import { closeSync, ftruncateSync, renameSync, writeSync } from "node:fs";
import { eventFileNotWritten } from "../base/errors.ts";
import { waitWritable } from "../signals/wait-for-descriptor.ts";
import { isSystemError, openOutput } from "./open-output.ts";
import { PageCacheWindow } from "./page-cache-window.ts";

/** Finds the end of the last complete item in the first `written` bytes of a write that the system cut short. */
export type KeepRule = (bytes: Uint8Array, start: number, written: number) => number;

/** One file on disk that holds complete items only, also after a failed write. */
export class OutputFile {
  /** Bytes in the file. */
  size = 0;
  /** Device, FIFO or socket: cannot be truncated or renamed. */
  readonly special: boolean;
  #descriptor: number | undefined;
  readonly #window: PageCacheWindow | undefined;

  /**
   * Creates the file for its owner alone, or empties an existing one.
   * @param check called again and again while the reader of a FIFO takes nothing; throws to give up
   * @throws TraceError `FILE_WRITE`, `FILE_IN_USE`, `UNSAFE_OUTPUT`
   */
  constructor(
    readonly path: string,
    private readonly check: () => void = () => {},
  ) {
    const { descriptor, special } = openOutput(path, check);
    this.#descriptor = descriptor;
    this.special = special;
    this.#window = special ? undefined : new PageCacheWindow(descriptor);
  }

  /**
   * Writes complete items. When the system refuses (full disk, closed pipe), what it took of them is cut back to what
   * `keep` allows, so that the file ends with a complete item. @throws TraceError `FILE_WRITE`
   */
  write(bytes: Uint8Array, start: number, end: number, keep: KeepRule): void {
    let at = start;
    try {
      while (at < end) at += this.#writeSome(bytes, at, end - at);
      this.size += end - start;
      this.#window?.wrote(this.size);
    } catch (cause) {
      this.size += keep(bytes, start, at) - start;
      this.#cutBack();
      throw isSystemError(cause) ? eventFileNotWritten(this.path, cause) : cause;
    }
  }

  /** Closes the file; closing twice is fine. @throws TraceError `FILE_WRITE` when data could not be stored */
  close(): void {
    const descriptor = this.#descriptor;
    if (descriptor === undefined) return;
    this.#descriptor = undefined;
    try {
      closeSync(descriptor);
    } catch (cause) {
      throw eventFileNotWritten(this.path, cause);
    }
  }

  /** Gives the closed file its final name. @throws TraceError `FILE_WRITE` */
  rename(path: string): void {
    try {
      renameSync(this.path, path);
    } catch (cause) {
      throw eventFileNotWritten(path, cause);
    }
  }

  #writeSome(bytes: Uint8Array, start: number, length: number): number {
    try {
      return writeSync(this.#open(), bytes, start, length);
    } catch (cause) {
      if ((cause as { code?: string }).code !== "EAGAIN") throw cause;
      waitWritable(this.#open(), this.check);
      return 0;
    }
  }

  #open(): number {
    if (this.#descriptor === undefined) throw new Error("the file is closed");
    return this.#descriptor;
  }

  #cutBack(): void {
    if (this.special || this.#descriptor === undefined) return;
    try {
      ftruncateSync(this.#descriptor, this.size);
    } catch {
      // The write error is the one to report; readers cope with a cut last item.
    }
  }
}
