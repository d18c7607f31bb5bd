import { closeSync, fstatSync, ftruncateSync, renameSync, writeSync } from "node:fs";
import { eventFileNotWritten, TraceError } from "../base/errors.ts";
import { openEmptied } from "../base/open-private.ts";

/** Finds the end of the last complete item in the first `written` bytes of a write that the system cut short. */
export type KeepRule = (bytes: Uint8Array, start: number, written: number) => number;

/** One file on disk that holds complete items only, also after a failed write. */
export class OutputFile {
  /** Bytes in the file. */
  size = 0;
  /** Device, FIFO or socket: cannot be truncated or renamed. */
  readonly special: boolean;
  #descriptor: number | undefined;

  /** Creates the file for its owner alone, or empties an existing one. @throws TraceError `FILE_WRITE`, `UNSAFE_OUTPUT` */
  constructor(readonly path: string) {
    try {
      this.#descriptor = openEmptied(path);
      this.special = !fstatSync(this.#descriptor).isFile();
    } catch (cause) {
      this.#closeQuietly();
      throw cause instanceof TraceError ? cause : eventFileNotWritten(path, cause);
    }
  }

  /**
   * Writes complete items. When the system refuses (full disk, closed pipe), what it took of them is cut back to what
   * `keep` allows, so that the file ends with a complete item. @throws TraceError `FILE_WRITE`
   */
  write(bytes: Uint8Array, start: number, end: number, keep: KeepRule): void {
    let at = start;
    try {
      while (at < end) at += writeSync(this.#open(), bytes, at, end - at);
      this.size += end - start;
    } catch (cause) {
      this.size += keep(bytes, start, at) - start;
      this.#cutBack();
      throw eventFileNotWritten(this.path, cause);
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

  #closeQuietly(): void {
    try {
      if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    } catch {
      // The error that led here is the one to report.
    }
    this.#descriptor = undefined;
  }
}
