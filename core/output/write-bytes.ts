import { writeSync } from "node:fs";

/** Milliseconds between two tries when the other end of a non-blocking pipe takes nothing. */
const retryDelay = 2;

/** Writes until the other end takes nothing, or, if it may wait, all of it; returns the rest. Throws the system's error. */
export function writeBytes(fd: number, bytes: Uint8Array, waits: boolean): Uint8Array {
  let done = 0;
  while (done < bytes.length) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      const code = systemErrorCode(error);
      if (code === "EAGAIN" && !waits) break;
      if (code === "EAGAIN") Bun.sleepSync(retryDelay);
      else if (code !== "EINTR") throw error;
    }
  }
  return bytes.subarray(done);
}

/** `EPIPE`, `ENOSPC`, …; undefined for an error that is not the system's. */
export function systemErrorCode(error: unknown): string | undefined {
  return (error as { code?: string }).code;
}
