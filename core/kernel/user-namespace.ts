import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** Inode number of the initial user namespace, on every kernel (PROC_USER_INIT_INO, include/linux/proc_ns.h). */
const initialInode = 0xeffffffd;

/**
 * Whether this process lives in the host's own user namespace; undefined when that is unknown. In another one
 * capabilities mean nothing to BPF.
 */
export function inHostUserNamespace(procDir = "/proc"): boolean | undefined {
  const namespace = statSync(join(procDir, "self/ns/user"), { throwIfNoEntry: false });
  if (namespace) return namespace.ino === initialInode;
  try {
    // The host's maps every id to itself (user_namespaces(7)).
    return /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync(join(procDir, "self/uid_map"), "utf8"));
  } catch {
    return undefined;
  }
}
