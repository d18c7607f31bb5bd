/**
 * Opens files that hold packet contents. Only their owner may read those that are made. In a directory where everybody can make
 * files, as in `/tmp`, another user may have prepared the name: a link that leads to a file of ours, or a file that stays theirs.
 * The kernel refuses that only with `fs.protected_symlinks`, `fs.protected_regular` and `fs.protected_fifos` (proc_sys_fs(5)).
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, type Stats, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { unsafeOutput } from "./errors.ts";
import { fileUserId } from "./privilege.ts";

const stickyOrWritableByAll = 0o1002;
const privateMode = 0o600;
/** As many as the kernel follows (MAXSYMLINKS, include/linux/namei.h). */
const maxLinks = 40;

/**
 * Opens a file for writing, and creates it when it is not there; what is in it stays.
 *
 * @param flags further flags of open(2), e.g. `O_NONBLOCK`
 * @returns the descriptor
 * @throws TraceError `UNSAFE_OUTPUT`, and the system errors of opening
 */
export function openPrivate(path: string, flags = 0): number {
  return openFollowing(path, path, flags, maxLinks);
}

function openFollowing(path: string, named: string, flags: number, links: number): number {
  let descriptor: number;
  try {
    descriptor = openSync(path, flags | constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW, privateMode);
  } catch (error) {
    const link = lstatSync(path, { throwIfNoEntry: false });
    if (!link?.isSymbolicLink() || links === 0) throw error;
    assertOwn(path, named, link);
    // What is open may have no other name: a pipe, a file that was removed.
    if (isProcLink(link)) return openSync(path, flags | constants.O_WRONLY);
    return openFollowing(resolve(dirname(path), readlinkSync(path)), named, flags, links - 1);
  }
  try {
    assertOwn(path, named, fstatSync(descriptor));
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** Whether a link is one of /proc/PID/fd, which `/dev/stdout` leads to. */
function isProcLink({ dev }: Stats): boolean {
  return statSync("/proc", { throwIfNoEntry: false })?.dev === dev;
}

function assertOwn(path: string, named: string, { uid }: Stats): void {
  if (uid === 0 || uid === fileUserId()) return;
  const directory = dirname(path);
  if ((statSync(directory).mode & stickyOrWritableByAll) === 0) return;
  throw unsafeOutput(named, `${path} belongs to uid ${uid}, and others can make files in ${directory}`);
}
