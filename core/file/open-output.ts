import { closeSync, constants, fstatSync, ftruncateSync, statSync } from "node:fs";
import { eventFileNotWritten, fileInUse, TraceError } from "../base/errors.ts";
import { stdoutPath } from "../base/stdout.ts";
import { openPrivate } from "./open-private.ts";
import { lockFile } from "../libbpf/file-lock.ts";

/** Time between two looks for the reader of a FIFO, in milliseconds. */
const readerDelay = 20;

/** A file that was opened for writing. */
export interface OpenedOutput {
  readonly descriptor: number;
  /** Device, FIFO or socket: cannot be truncated or renamed. */
  readonly special: boolean;
}

/**
 * Creates a file for its owner alone, or empties an existing one, unless another process is writing it. Of a FIFO it waits for the reader.
 * @param check called again and again while it waits; throws to give up
 * @throws TraceError `FILE_WRITE`, `FILE_IN_USE`, `UNSAFE_OUTPUT`
 */
export function openOutput(path: string, check: () => void): OpenedOutput {
  let descriptor: number | undefined;
  try {
    const opened = stdoutPath(path);
    descriptor = isFifo(opened) ? openFifo(opened, check) : openPrivate(opened);
    const special = !fstatSync(descriptor).isFile();
    if (!special) {
      if (!lockFile(descriptor)) throw fileInUse(path);
      ftruncateSync(descriptor);
    }
    return { descriptor, special };
  } catch (cause) {
    if (descriptor !== undefined) closeSync(descriptor);
    throw isSystemError(cause) ? eventFileNotWritten(path, cause) : cause;
  }
}

/** Closes what {@link openOutput} opened. */
export function closeOutput(descriptor: number): void {
  closeSync(descriptor);
}

/** Whether an error is one of node:fs, with the name of an errno. */
export function isSystemError(error: unknown): boolean {
  return !(error instanceof TraceError) && typeof (error as { code?: unknown } | null)?.code === "string";
}

function isFifo(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFIFO() ?? false;
}

/** Opening in the usual way would wait in the kernel, where no signal is heard. */
function openFifo(path: string, check: () => void): number {
  for (;;) {
    try {
      return openPrivate(path, constants.O_NONBLOCK);
    } catch (cause) {
      if ((cause as { code?: string }).code !== "ENXIO") throw cause;
    }
    check();
    Bun.sleepSync(readerDelay);
  }
}
