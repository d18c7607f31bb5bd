/** Control groups by id: open_by_handle_at(2), which needs CAP_DAC_READ_SEARCH. Kept here as this directory alone calls C. */
import { closeSync, constants, openSync, readlinkSync } from "node:fs";
import { addressOf, libc } from "./libc.ts";

/** include/linux/exportfs.h: the handle is the 64-bit id of a node of kernfs. */
const FILEID_KERNFS = 0xfe;
const O_CLOEXEC = 0o2000000;

/**
 * Path of a directory of kernfs by its id; undefined when it is gone, or cannot be opened.
 * @param mount where the file system is mounted, e.g. `/sys/fs/cgroup`
 */
export function kernfsPath(mount: string, id: bigint): string | undefined {
  const descriptor = openById(mount, id);
  if (descriptor === undefined) return undefined;
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}

function openById(mount: string, id: bigint): number | undefined {
  // struct file_handle: u32 handle_bytes, int handle_type, then the handle.
  const handle = new DataView(new ArrayBuffer(16));
  handle.setUint32(0, 8, true);
  handle.setInt32(4, FILEID_KERNFS, true);
  handle.setBigUint64(8, id, true);
  let mounted: number;
  try {
    mounted = openSync(mount, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch {
    return undefined;
  }
  try {
    const opened = libc().open_by_handle_at(mounted, addressOf(handle), constants.O_RDONLY | constants.O_DIRECTORY | O_CLOEXEC);
    return opened < 0 ? undefined : opened;
  } finally {
    closeSync(mounted);
  }
}
