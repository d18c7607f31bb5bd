/**
 * Attaching to a performance event, as kprobes and uprobes are attached one by one. Structures: include/uapi/linux/bpf.h
 * (union bpf_attr), include/uapi/linux/perf_event.h.
 */
import { closeSync } from "node:fs";
import { bpfSyscall } from "./bpf-syscall.ts";
import { addressOf, lastErrno, libc } from "./libc.ts";
import type { Link } from "./link.ts";

const BPF_LINK_CREATE = 28;
const BPF_PERF_EVENT = 41;
/** In union bpf_attr, as far as links of performance events go. */
const linkAttrBytes = 24;
/** PERF_ATTR_SIZE_VER1: up to `config2`. */
const perfAttrBytes = 72;
const PERF_FLAG_FD_CLOEXEC = 8;
const PERF_EVENT_IOC_ENABLE = 0x2400;
const PERF_EVENT_IOC_SET_BPF = 0x40042408;
const perfEventOpenNumber = process.arch === "arm64" ? 241n : 298n;

/** What is probed, as the members of struct perf_event_attr say it. */
export interface PerfEvent {
  /** Type number of the performance unit, chosen by the kernel at boot. */
  readonly type: number;
  readonly config: bigint;
  /** The address of a string, or 0. */
  readonly config1: bigint;
  readonly config2: bigint;
  /** The only process to be probed; all of them without. */
  readonly pid?: number | undefined;
}

/** @returns a file descriptor, or the negated errno */
export function openPerfEvent({ type, config, config1, config2, pid }: PerfEvent): number {
  const attr = new DataView(new ArrayBuffer(perfAttrBytes));
  attr.setUint32(0, type, true);
  attr.setUint32(4, perfAttrBytes, true);
  attr.setBigUint64(8, config, true);
  attr.setBigUint64(56, config1, true);
  attr.setBigUint64(64, config2, true);
  // Either one process on all CPUs, or all processes on one CPU: probes do not mind which one.
  const [process, cpu] = pid === undefined ? [-1n, 0n] : [BigInt(pid), -1n];
  const fd = Number(libc().syscall(perfEventOpenNumber, BigInt(addressOf(attr)), process, cpu, -1n, BigInt(PERF_FLAG_FD_CLOEXEC)));
  return fd < 0 ? -lastErrno() : fd;
}

/**
 * Attaches a program to an open event, and takes the event over.
 * @param cookie for bpf_get_attach_cookie(); only on kernels whose perf links have one (5.15)
 * @returns the link, or the errno (positive); the event is closed then
 */
export function linkPerfEvent(programFd: number, eventFd: number, cookie: number | undefined): Link | number {
  const attached = cookie === undefined ? attachWithIoctl(programFd, eventFd) : attachWithCookie(programFd, eventFd, cookie);
  if (typeof attached === "number") closeSync(eventFd);
  return attached;
}

function attachWithCookie(programFd: number, eventFd: number, cookie: number): Link | number {
  const attr = new DataView(new ArrayBuffer(linkAttrBytes));
  attr.setUint32(0, programFd, true);
  attr.setUint32(4, eventFd, true);
  attr.setUint32(8, BPF_PERF_EVENT, true);
  attr.setBigUint64(16, BigInt(cookie), true);
  const fd = bpfSyscall(BPF_LINK_CREATE, attr, linkAttrBytes);
  if (fd < 0) return -fd;
  return {
    close() {
      closeSync(fd);
      closeSync(eventFd);
    },
  };
}

function attachWithIoctl(programFd: number, eventFd: number): Link | number {
  const set = libc().ioctl(eventFd, BigInt(PERF_EVENT_IOC_SET_BPF), BigInt(programFd));
  if (set < 0 || libc().ioctl(eventFd, BigInt(PERF_EVENT_IOC_ENABLE), 0n) < 0) return lastErrno();
  return { close: () => closeSync(eventFd) };
}
