/** Attaching to raw tracepoints through bpf(2): libbpf 1.1 has no call that takes a cookie. */
import { closeSync } from "node:fs";
import { bpfSyscall } from "./bpf-syscall.ts";
import { addressOf, cString } from "./libc.ts";
import type { Link } from "./link.ts";

const BPF_RAW_TRACEPOINT_OPEN = 17;
/** union bpf_attr, struct raw_tracepoint (include/uapi/linux/bpf.h): u64 name; u32 prog_fd; u32 pad; u64 cookie. */
const attrBytes = 24;
const attrBytesWithoutCookie = 12;

/**
 * Attaches a loaded raw tracepoint program.
 * @param event tracepoint name without its group
 * @param cookie value for bpf_get_attach_cookie(); only on kernels whose links have one (6.10)
 * @returns the link, or the errno (positive) that the kernel gave
 */
export function attachRawTracepoint(programFd: number, event: string, cookie?: number): Link | number {
  const name = cString(event);
  const attr = new DataView(new ArrayBuffer(attrBytes));
  attr.setBigUint64(0, BigInt(addressOf(name)), true);
  attr.setUint32(8, programFd, true);
  if (cookie !== undefined) attr.setBigUint64(16, BigInt(cookie), true);
  const fd = bpfSyscall(BPF_RAW_TRACEPOINT_OPEN, attr, cookie === undefined ? attrBytesWithoutCookie : attrBytes);
  if (fd < 0) return -fd;
  return { close: () => closeSync(fd) };
}
