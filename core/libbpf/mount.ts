/** File systems without a mount point (fsopen(2), fsmount(2)); kept here as this directory alone calls C. */
import { closeSync } from "node:fs";
import { addressOf, cString, errnoName, lastErrno, libc } from "./libc.ts";

/** Numbers of the calls, the same on all architectures since Linux 5.2 (include/uapi/asm-generic/unistd.h). */
const fsopenNumber = 430n;
const fsconfigNumber = 431n;
const fsmountNumber = 432n;
const FSOPEN_CLOEXEC = 1n;
const FSCONFIG_CMD_CREATE = 6n;
const FSMOUNT_CLOEXEC = 1n;

function call(number: bigint, first: bigint, second: bigint, third = 0n): number {
  const result = Number(libc().syscall(number, first, second, third, 0n, 0n));
  return result < 0 ? -lastErrno() : result;
}

/**
 * Mounts a file system that needs no device, e.g. tracefs, nowhere: no other process sees it, and it is gone when its
 * descriptor is closed, however this process ends.
 * @returns the descriptor of its root directory, or the name of the errno
 */
export function mountDetached(type: string): number | string {
  const name = cString(type);
  const context = call(fsopenNumber, BigInt(addressOf(name)), FSOPEN_CLOEXEC);
  if (context < 0) return errnoName(context);
  try {
    const created = call(fsconfigNumber, BigInt(context), FSCONFIG_CMD_CREATE);
    const root = created < 0 ? created : call(fsmountNumber, BigInt(context), FSMOUNT_CLOEXEC);
    return root < 0 ? errnoName(root) : root;
  } finally {
    closeSync(context);
  }
}
