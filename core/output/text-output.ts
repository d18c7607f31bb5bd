import { constants, fstatSync, openSync } from "node:fs";
import type { SinkStatus } from "../api/sink.ts";
import { outputClosed, outputNotWritten } from "../base/errors.ts";
import { stdoutDescriptor } from "../base/stdout.ts";
import { isStdoutClosed, isTerminal } from "../base/terminal.ts";
import type { TextTarget } from "../pattern/event-writer.ts";
import { systemErrorCode, writeBytes } from "./write-bytes.ts";

/** Characters collected before they are written without a flush. */
const limit = 64 * 1024;
/** The same of text that is made as bytes, and the most bytes of a unit of UTF-16 in UTF-8. */
const byteLimit = 256 * 1024;
const maxUnitBytes = 3;

export interface TextOutputOptions {
  /** Called before each write, e.g. to erase the status line of the same terminal. */
  readonly beforeWrite?: () => void;
  /**
   * Never wait for a reader that takes nothing: what it does not take is kept, and {@link TextOutput.congested} says so.
   * A process that waits in write(2) would not even notice Ctrl-C.
   */
  readonly patient?: boolean;
}

/** Buffered text to a file descriptor: one `write(2)` per flush, as text comes in many small pieces. Never throws. */
export class TextOutput implements TextTarget {
  readonly #fd: number;
  /** Whether {@link #fd} is ours and a write to it never waits. */
  readonly #patient: boolean;
  readonly #beforeWrite: () => void;
  #text = "";
  /** Text that was made as bytes; what is in {@link #text} follows it. */
  #bytes: Buffer | undefined;
  /** How many bytes hold text. Only {@link bytes} may be followed by a change of it. */
  size = 0;
  /** Bytes that the other end did not take yet. */
  #left: Uint8Array = new Uint8Array(0);
  #status: SinkStatus = "ok";

  constructor(fd: number, options: TextOutputOptions = {}) {
    const own = options.patient ? openWithoutWaiting(fd) : undefined;
    this.#fd = own ?? fd;
    if (fd === stdoutDescriptor() && isStdoutClosed()) this.#status = outputClosed();
    this.#patient = own !== undefined;
    this.#beforeWrite = options.beforeWrite ?? (() => {});
  }

  /** How writing went so far. */
  get status(): SinkStatus {
    return this.#status;
  }

  /** Whether the other end takes nothing at the moment; add no more until it does. */
  get congested(): boolean {
    return this.#left.length > 0 && this.#status === "ok";
  }

  add(text: string): void {
    if (this.#status !== "ok") return;
    this.#text += text;
    if (this.#text.length >= limit && !this.congested) this.flush();
  }

  /** Room for text in bytes, after what was added so far; for an output that is not patient. */
  get bytes(): Uint8Array {
    const bytes = (this.#bytes ??= Buffer.allocUnsafeSlow(byteLimit));
    if (this.#text === "") return bytes;
    if (this.size + this.#text.length * maxUnitBytes > bytes.length) this.flush();
    this.size += bytes.write(this.#text, this.size);
    this.#text = "";
    return bytes;
  }

  makeRoom(): boolean {
    const hadText = this.size > 0;
    this.flush();
    return hadText;
  }

  /** Whether text can be added as bytes. */
  get takesBytes(): boolean {
    return !this.#patient;
  }

  /** Adds text that is bytes already, UTF-8; for an output that is not patient. */
  addBytes(bytes: Uint8Array): void {
    if (this.flush() !== "ok") return;
    try {
      writeBytes(this.#fd, bytes, true);
    } catch (error) {
      this.#status = failureOf(error);
    }
  }

  /** Writes what was collected; waits as long as the other end takes nothing, unless it is patient. */
  flush(): SinkStatus {
    const { size } = this;
    this.size = 0;
    if (this.#status !== "ok" || (this.#text === "" && size === 0 && this.#left.length === 0)) return this.#status;
    try {
      this.#beforeWrite();
      this.#left = writeBytes(this.#fd, this.#left, !this.#patient);
      if (size > 0) writeBytes(this.#fd, this.#bytes!.subarray(0, size), true);
      if (this.#left.length === 0) {
        const bytes = Buffer.from(this.#text, "utf8");
        this.#text = "";
        this.#left = writeBytes(this.#fd, bytes, !this.#patient);
      }
    } catch (error) {
      this.#status = failureOf(error);
    }
    return this.#status;
  }
}

function failureOf(error: unknown): SinkStatus {
  return systemErrorCode(error) === "EPIPE" ? "reader-gone" : outputNotWritten(error);
}

/**
 * The same pipe or terminal, opened once more so that writes do not wait; `O_NONBLOCK` on the descriptor that we were
 * given would change it for every process that shares it. Undefined for files, which never make one wait, and for what
 * cannot be opened again.
 */
function openWithoutWaiting(fd: number): number | undefined {
  try {
    const kind = fstatSync(fd);
    if (!kind.isFIFO() && !isTerminal(fd)) return undefined;
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return undefined;
  }
}
