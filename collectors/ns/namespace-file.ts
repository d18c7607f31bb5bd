/**
 * Identity of a namespace by its file. The kernel gives an inode number again as soon as a namespace is gone, so a number
 * alone proves nothing. A file under /run/netns keeps its namespace alive: from the moment its inode was made (the ctime of
 * nsfs, fs/nsfs.c) until now the number was that namespace's.
 */
import { statSync } from "node:fs";

/** Inode times come from the coarse clock, which is late by up to a tick; the slowest has HZ=100. */
const tickNs = 10_000_000n;

/** What one look at a namespace's file found. */
export interface NamespaceFile {
  readonly inode: number;
  /** Changes when the path leads to another namespace, even one with the same inode number. */
  readonly identity: string;
  /** Nanoseconds, by the clock of events: since then the file has led to this namespace. */
  readonly since: bigint;
}

/** Looks at a file; undefined when there is none. `now` is the time by the clock of events. */
export function lookAtNamespace(path: string, now: bigint): NamespaceFile | undefined {
  try {
    const { ino, ctimeNs } = statSync(path, { bigint: true });
    const age = BigInt(Date.now()) * 1_000_000n - ctimeNs;
    return { inode: Number(ino), identity: `${ino}/${ctimeNs}`, since: now - age + tickNs };
  } catch {
    // Removed since its directory was read.
    return undefined;
  }
}
