/** Kprobes as perf events (perf_event_open(2)), the way to attach them that every supported kernel has. */
import { dlopen } from "bun:ffi";
import { closeSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { addressOf, cString, lastErrno } from "./libc.ts";
import type { KernelObject } from "./raw-objects.ts";

/** System call number (arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h). */
const perfEventOpen = process.arch === "arm64" ? 241n : 298n;
const kprobeTypeFile = "/sys/bus/event_source/devices/kprobe/type";
/** struct perf_event_attr up to version 5 (include/uapi/linux/perf_event.h), and the offsets in it. */
const attrBytes = 112;
const offsets = { type: 0, size: 4, kprobeFunc: 56 } as const;
const PERF_FLAG_FD_CLOEXEC = 8n;
/** _IOW('$', 8, __u32) */
const PERF_EVENT_IOC_SET_BPF = 0x40042408n;

const declarations = {
  syscall: { args: ["i64", "ptr", "i64", "i64", "i64", "i64"], returns: "i64" },
  ioctl: { args: ["i32", "u64", "i64"], returns: "i32" },
} as const;

let opened: ReturnType<typeof dlopen<typeof declarations>>["symbols"] | undefined;

function calls() {
  opened ??= dlopen("libc.so.6", declarations).symbols;
  return opened;
}

function kprobeType(): number | undefined {
  try {
    return Number.parseInt(readFileSync(kprobeTypeFile, "utf8"), 10);
  } catch {
    return undefined;
  }
}

/** Opens a kprobe on a function, disabled as long as no program is attached. Gives the errno (positive) on failure. */
export function openKprobeEvent(symbol: string): KernelObject | number {
  const type = kprobeType();
  if (type === undefined) return constants.errno.EOPNOTSUPP;
  const name = cString(symbol);
  const attr = new DataView(new ArrayBuffer(attrBytes));
  attr.setUint32(offsets.type, type, true);
  attr.setUint32(offsets.size, attrBytes, true);
  attr.setBigUint64(offsets.kprobeFunc, BigInt(addressOf(name)), true);
  const fd = Number(calls().syscall(perfEventOpen, addressOf(attr), -1n, 0n, -1n, PERF_FLAG_FD_CLOEXEC));
  return fd < 0 ? lastErrno() : { fd, close: () => closeSync(fd) };
}

/** Attaches a kprobe program to the event, without cookie; it is detached when the event is closed. 0 or the errno. */
export function setEventProgram(event: KernelObject, program: KernelObject): number {
  return calls().ioctl(event.fd, PERF_EVENT_IOC_SET_BPF, BigInt(program.fd)) < 0 ? lastErrno() : 0;
}
