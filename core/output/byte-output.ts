import { closeSync } from "node:fs";
import type { SinkStatus } from "../api/sink.ts";
import { eventFileNotWritten, outputClosed, outputNotWritten, TraceError } from "../base/errors.ts";
import { stdoutDescriptor } from "../base/stdout.ts";
import { isStdoutClosed } from "../base/terminal.ts";
import { openOutput } from "../file/open-output.ts";
import { systemErrorCode, writeBytes } from "./write-bytes.ts";

/** Bytes collected before they are written without a flush. */
const limit = 256 * 1024;

/** Writes bytes into a buffer, from a position on. @returns the position after them */
export type Fill = (into: Buffer, at: number) => number;

/** Buffered bytes to a file or to stdout. The file is created, or emptied, by the first write. Never throws. */
export class ByteOutput {
  readonly #path: string;
  #descriptor: number | undefined;
  #buffer = Buffer.allocUnsafe(limit);
  #size = 0;
  #status: SinkStatus = "ok";

  /** @param path `-` is stdout, by the descriptor that it already has: its position and mode stay as they are */
  constructor(path: string) {
    this.#path = path;
    if (path === "-" && isStdoutClosed()) this.#status = outputClosed();
  }

  add(bytes: Uint8Array): void {
    this.fill(bytes.length, (into, at) => {
      into.set(bytes, at);
      return at + bytes.length;
    });
  }

  /** Adds what is written into the buffer in place. @param most bytes that it may need */
  fill(most: number, fill: Fill): void {
    if (this.#status !== "ok") return;
    if (this.#size + most > this.#buffer.length) {
      this.flush();
      if (most > this.#buffer.length) this.#buffer = Buffer.allocUnsafe(most);
    }
    this.#size = fill(this.#buffer, this.#size);
    if (this.#size >= limit) this.flush();
  }

  /** Writes what was collected; waits as long as the other end takes nothing. */
  flush(): SinkStatus {
    if (this.#status !== "ok" || this.#size === 0) return this.#status;
    const bytes = this.#buffer.subarray(0, this.#size);
    this.#size = 0;
    return this.#guarded(() => {
      this.#descriptor ??= this.#path === "-" ? stdoutDescriptor() : openOutput(this.#path, () => {}).descriptor;
      writeBytes(this.#descriptor, bytes, true);
    });
  }

  /** Flushes and closes the file; closing twice is fine. */
  close(): SinkStatus {
    this.flush();
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor === undefined || this.#path === "-") return this.#status;
    return this.#guarded(() => closeSync(descriptor));
  }

  #guarded(act: () => void): SinkStatus {
    try {
      act();
    } catch (error) {
      if (this.#status === "ok") this.#status = this.#failure(error);
    }
    return this.#status;
  }

  #failure(error: unknown): SinkStatus {
    if (error instanceof TraceError) return error;
    if (systemErrorCode(error) === "EPIPE") return "reader-gone";
    return this.#path === "-" ? outputNotWritten(error) : eventFileNotWritten(this.#path, error);
  }
}
