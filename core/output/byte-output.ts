import { closeSync } from "node:fs";
import type { SinkStatus } from "../api/sink.ts";
import { eventFileNotWritten, outputClosed, outputNotWritten, TraceError } from "../base/errors.ts";
import { stdoutDescriptor } from "../base/stdout.ts";
import { isStdoutClosed } from "../base/terminal.ts";
import { openOutput } from "../file/open-output.ts";
import { systemErrorCode, writeBytes } from "./write-bytes.ts";

/** Bytes collected before they are written without a flush. */
const limit = 256 * 1024;

/** Buffered bytes to a file or to stdout. The file is created, or emptied, by the first write. Never throws. */
export class ByteOutput {
  readonly #path: string;
  #descriptor: number | undefined;
  #pieces: Uint8Array[] = [];
  #size = 0;
  #status: SinkStatus = "ok";

  /** @param path `-` is stdout, by the descriptor that it already has: its position and mode stay as they are */
  constructor(path: string) {
    this.#path = path;
    if (path === "-" && isStdoutClosed()) this.#status = outputClosed();
  }

  /** Takes over the bytes: the caller must not change them afterwards. */
  add(bytes: Uint8Array): void {
    if (this.#status !== "ok") return;
    this.#pieces.push(bytes);
    this.#size += bytes.length;
    if (this.#size >= limit) this.flush();
  }

  /** Writes what was collected; waits as long as the other end takes nothing. */
  flush(): SinkStatus {
    if (this.#status !== "ok" || this.#size === 0) return this.#status;
    const bytes = Buffer.concat(this.#pieces, this.#size);
    this.#pieces = [];
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
