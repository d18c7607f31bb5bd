import { writeSync } from "node:fs";

/**
 * Writes text to stdout before it returns. A reader that has gone away (`| head`) has seen what it wanted: that is no
 * error. Other failures, such as a full disk, are thrown.
 */
export function writeAnswer(text: string): void {
  let rest: Uint8Array = new TextEncoder().encode(text);
  while (rest.length > 0) {
    const written = tryWrite(rest);
    if (written === "reader-gone") return;
    rest = rest.subarray(written);
  }
}

function tryWrite(bytes: Uint8Array): number | "reader-gone" {
  try {
    return writeSync(1, bytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EPIPE") return "reader-gone";
    if (code !== "EAGAIN") throw error;
    Bun.sleepSync(1); // A non-blocking pipe that is full: its reader needs a moment.
    return 0;
  }
}
