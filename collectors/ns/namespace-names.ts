/** Names of network namespaces, as `ip netns` keeps them: files of nsfs, whose inode number is the namespace's. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Lookup } from "../../core/api/collector.ts";

/** An unknown number makes the directory be read again, at most once in this many milliseconds. */
const rescanMs = 1000;

function readNames(directory: string): Map<number, string> {
  const names = new Map<number, string>();
  try {
    for (const name of readdirSync(directory)) {
      try {
        names.set(statSync(join(directory, name)).ino, name);
      } catch {
        // Removed since the directory was read.
      }
    }
  } catch {
    // No namespace was ever named here.
  }
  return names;
}

/** A lookup from inode number to name; undefined for a namespace without a name. */
export function namespaceNames(directory: string): Lookup {
  let names = new Map<number, string>();
  let readAt = Number.NEGATIVE_INFINITY;
  const lookup = (inum: number): string | undefined => {
    const known = names.get(inum);
    if (known !== undefined) return known;
    const now = performance.now();
    if (now - readAt < rescanMs) return undefined;
    names = readNames(directory);
    readAt = now;
    return names.get(inum);
  };
  // A number can be given to another namespace later.
  return Object.assign(lookup, { volatile: true });
}
