/** Control groups: their paths by id, and the programs attached to them. Kept here as this directory alone calls C. */
import { closeSync, constants, openSync, readFileSync, readlinkSync } from "node:fs";
import { bpfSyscall } from "./bpf-syscall.ts";
import { addressOf, libc } from "./libc.ts";

/** include/linux/exportfs.h: the handle is the 64-bit id of a node of kernfs. */
const FILEID_KERNFS = 0xfe;
const O_CLOEXEC = 0o2000000;

/** Where control groups of version 2 are mounted. See proc_pid_mountinfo(5): the mount point is the fifth field, the type follows a dash. */
export function controlGroupMount(): string | undefined {
  try {
    return /^(?:\S+ ){4}(\S+) .* - cgroup2 /m.exec(readFileSync("/proc/self/mountinfo", "utf8"))?.[1];
  } catch {
    return undefined;
  }
}

/**
 * Path of a directory of kernfs by its id; undefined when it is gone, or cannot be opened. Calls open_by_handle_at(2), which needs
 * CAP_DAC_READ_SEARCH.
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

// include/uapi/linux/bpf.h
const BPF_PROG_QUERY = 16;
/** enum bpf_attach_type. */
const attachTypes = { ingress: 0, egress: 1 } as const;
const attributeBytes = 32;

/**
 * How many programs that look at packets are attached to a control group itself; undefined when the kernel does not say.
 * @param path of its directory
 */
export function cgroupProgramCount(path: string, direction: keyof typeof attachTypes): number | undefined {
  let group: number;
  try {
    group = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch {
    return undefined;
  }
  try {
    // union bpf_attr, query: u32 target_fd, attach_type, query_flags, attach_flags, u64 prog_ids, u32 prog_cnt
    const query = new DataView(new ArrayBuffer(attributeBytes));
    query.setUint32(0, group, true);
    query.setUint32(4, attachTypes[direction], true);
    return bpfSyscall(BPF_PROG_QUERY, query, attributeBytes) < 0 ? undefined : query.getUint32(24, true);
  } finally {
    closeSync(group);
  }
}
