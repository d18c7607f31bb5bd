/** Counts occurrences of some bytes in a file that may be much larger than memory. */
import { closeSync, openSync, readSync } from "node:fs";

const chunkBytes = 16 * 1024 * 1024;

export function countInFile(path: string, wanted: Uint8Array): number {
  const fd = openSync(path, "r");
  const buffer = Buffer.alloc(chunkBytes);
  try {
    let count = 0;
    let kept = 0;
    for (;;) {
      const read = readSync(fd, buffer, kept, buffer.length - kept, null);
      if (read === 0) return count;
      const filled = buffer.subarray(0, kept + read);
      let searched = 0;
      for (let at = filled.indexOf(wanted); at >= 0; at = filled.indexOf(wanted, searched)) {
        count++;
        searched = at + wanted.length;
      }
      // What could be the beginning of an occurrence that goes on in the next chunk.
      kept = Math.min(filled.length - searched, wanted.length - 1);
      buffer.copyWithin(0, filled.length - kept, filled.length);
    }
  } finally {
    closeSync(fd);
  }
}
