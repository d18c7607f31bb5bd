/** Mounting a kernel file system (mount(2)); kept here as this directory alone calls C. */
import { addressOf, cString, errnoName, lastErrno, libc } from "./libc.ts";

/**
 * Mounts a file system that needs no device, e.g. tracefs.
 * @returns undefined on success, else the name of the errno (`EBUSY`: something is mounted there already)
 */
export function mountFileSystem(type: string, directory: string): string | undefined {
  const name = cString(type);
  const target = cString(directory);
  const status = libc().mount(addressOf(name), addressOf(target), addressOf(name), 0n, null);
  return status === 0 ? undefined : errnoName(lastErrno());
}

/** Undoes {@link mountFileSystem}. Returns undefined on success, else the name of the errno. */
export function unmountFileSystem(directory: string): string | undefined {
  return libc().umount2(addressOf(cString(directory)), 0) === 0 ? undefined : errnoName(lastErrno());
}
