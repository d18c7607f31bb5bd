/** Locks on open files (flock(2)); kept here as this directory alone calls C. */
import { constants } from "node:os";
import { lastErrno, libc } from "./libc.ts";

const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * Takes the lock of an open file, until its descriptor is closed, however this process ends.
 * @returns false when another process has it; true also where the file system has no locks
 */
export function lockFile(fd: number): boolean {
  return libc().flock(fd, LOCK_EX | LOCK_NB) === 0 || lastErrno() !== constants.errno.EWOULDBLOCK;
}
