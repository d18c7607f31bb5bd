/** Network namespaces of the calling thread (setns(2)); kept here as this directory alone calls C. */
import { closeSync, openSync } from "node:fs";
import { errnoName, lastErrno, libc } from "./libc.ts";

const CLONE_NEWNET = 0x4000_0000;

/**
 * Runs `work` in another network namespace: files of /proc/thread-self/net and /proc/sys/net that it reads and children that it
 * starts are those of that namespace. `work` must be synchronous.
 * @param path of the namespace, e.g. `/run/netns/blue` or `/proc/1/ns/net`
 * @throws Error when it cannot be entered; nothing is thrown when it cannot be left, as the process then ends
 */
export function inNetNamespace<T>(path: string, work: () => T): T {
  const home = openSync("/proc/thread-self/ns/net", "r");
  try {
    enter(path);
    try {
      return work();
    } finally {
      if (libc().setns(home, CLONE_NEWNET) !== 0) process.abort();
    }
  } finally {
    closeSync(home);
  }
}

function enter(path: string): void {
  const fd = openSync(path, "r");
  try {
    if (libc().setns(fd, CLONE_NEWNET) !== 0) throw new Error(`setns: ${errnoName(lastErrno())}`);
  } finally {
    closeSync(fd);
  }
}
