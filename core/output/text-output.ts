import { writeSync } from "node:fs";
import type { SinkStatus } from "../api/sink.ts";
import { outputNotWritten } from "../base/errors.ts";

/** Characters collected before they are written without being asked to. */
const limit = 64 * 1024;

/** Milliseconds between two tries when the other end of a non-blocking pipe takes nothing. */
const retryDelay = 2;

export interface TextOutputOptions {
  /** Called before each write, e.g. to erase the status line of the same terminal. */
  readonly beforeWrite?: () => void;
}

/** Buffered text to a file descriptor: one `write(2)` per flush, as text comes in many small pieces. Never throws. */
export class TextOutput {
  readonly #fd: number;
  readonly #beforeWrite: () => void;
  #text = "";
  #status: SinkStatus = "ok";

  constructor(fd: number, options: TextOutputOptions = {}) {
    this.#fd = fd;
    this.#beforeWrite = options.beforeWrite ?? (() => {});
  }

  /** How writing went so far. */
  get status(): SinkStatus {
    return this.#status;
  }

  add(text: string): void {
    if (this.#status !== "ok") return;
    this.#text += text;
    if (this.#text.length >= limit) this.flush();
  }

  /** Writes what was collected; waits as long as the other end takes nothing. */
  flush(): SinkStatus {
    if (this.#text === "" || this.#status !== "ok") return this.#status;
    const bytes = Buffer.from(this.#text, "utf8");
    this.#text = "";
    try {
      this.#beforeWrite();
      writeFully(this.#fd, bytes);
    } catch (error) {
      this.#status = codeOf(error) === "EPIPE" ? "reader-gone" : outputNotWritten(error);
    }
    return this.#status;
  }
}

function writeFully(fd: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      const code = codeOf(error);
      if (code === "EAGAIN") Bun.sleepSync(retryDelay);
      else if (code !== "EINTR") throw error;
    }
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string }).code;
}
