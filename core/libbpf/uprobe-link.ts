/**
 * Attaching to locations in a program file: many with one link (BPF_TRACE_UPROBE_MULTI, Linux 6.6), or a performance event of
 * the unit `uprobe` for each. Source: kernel/trace/bpf_trace.c, kernel/trace/trace_uprobe.c, include/uapi/linux/bpf.h.
 */
import { closeSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { bpfSyscall } from "./bpf-syscall.ts";
import { addressOf, cString } from "./libc.ts";
import type { Link } from "./link.ts";
import { linkPerfEvent, openPerfEvent } from "./perf-link.ts";

/** A location in a program. */
export interface UprobeLocation {
  /** Path of the program file for the kernel. */
  readonly path: string;
  /** Byte offset of the instruction in the file. */
  readonly offset: number;
  /** Byte offset in the file of a 16-bit counter that the kernel raises while the probe is attached; 0 for none. */
  readonly semaphore: number;
  /** The only process to be probed; every one that runs the file, now or later, without. */
  readonly pid?: number | undefined;
}

interface UprobeUnit {
  readonly type: number;
  /** First bit of the counter's offset in `config`. */
  readonly semaphoreBit: bigint;
}

const unitDir = "/sys/bus/event_source/devices/uprobe";
/** The counter's offset has 32 bits of `config`. */
const maxSemaphore = 0xffff_ffff;
let unit: UprobeUnit | undefined;

/** Whether the kernel has user-space probes (CONFIG_UPROBE_EVENTS). */
export function hasUprobes(): boolean {
  return existsSync(unitDir);
}

function uprobeUnit(): UprobeUnit | undefined {
  if (unit || !hasUprobes()) return unit;
  const format = `${unitDir}/format/ref_ctr_offset`;
  const bit = existsSync(format) ? /config:(\d+)/.exec(readFileSync(format, "utf8"))?.[1] : undefined;
  unit = { type: Number(readFileSync(`${unitDir}/type`, "utf8")), semaphoreBit: BigInt(bit ?? "32") };
  return unit;
}

/**
 * Attaches a program.
 * @param cookie for bpf_get_attach_cookie()
 * @returns the link, or the errno (positive)
 */
export function attachUprobe(programFd: number, location: UprobeLocation, cookie: number): Link | number {
  const uprobes = uprobeUnit();
  if (!uprobes) return constants.errno.EOPNOTSUPP;
  if (location.semaphore > maxSemaphore) return constants.errno.ERANGE;
  const path = cString(location.path);
  const eventFd = openPerfEvent({
    type: uprobes.type,
    config: BigInt(location.semaphore) << uprobes.semaphoreBit,
    config1: BigInt(addressOf(path)),
    config2: BigInt(location.offset),
    pid: location.pid,
  });
  return eventFd < 0 ? -eventFd : linkPerfEvent(programFd, eventFd, cookie);
}

const BPF_LINK_CREATE = 28;
/** `expected_attach_type` that a program for {@link attachManyUprobes} is loaded with. */
export const BPF_TRACE_UPROBE_MULTI = 48;
/** In union bpf_attr, up to `link_create.uprobe_multi.pid`. */
const linkAttrBytes = 64;

/** Locations in one file, each with the cookie that bpf_get_attach_cookie() gives there. */
export interface UprobeLocations {
  readonly path: string;
  readonly locations: readonly { readonly offset: number; readonly semaphore: number; readonly cookie: number }[];
  /** The only process to be probed. */
  readonly pid?: number | undefined;
}

/**
 * Attaches a program to many locations with one link.
 * @returns the link, or the errno (positive); the kernel refuses all when it refuses one
 */
export function attachManyUprobes(programFd: number, { path, locations, pid = 0 }: UprobeLocations): Link | number {
  const name = cString(path);
  const offsets = BigUint64Array.from(locations, ({ offset }) => BigInt(offset));
  const semaphores = BigUint64Array.from(locations, ({ semaphore }) => BigInt(semaphore));
  const cookies = BigUint64Array.from(locations, ({ cookie }) => BigInt(cookie));
  const fd = createMultiLink(programFd, {
    path: addressOf(name),
    offsets: addressOf(offsets),
    semaphores: addressOf(semaphores),
    cookies: addressOf(cookies),
    count: locations.length,
    pid,
  });
  return fd < 0 ? -fd : { close: () => closeSync(fd) };
}

/** Addresses of the arrays, and how many elements they have. */
interface MultiLink {
  readonly path: number;
  readonly offsets: number;
  readonly semaphores: number;
  readonly cookies: number;
  readonly count: number;
  readonly pid: number;
}

function createMultiLink(programFd: number, { path, offsets, semaphores, cookies, count, pid }: MultiLink): number {
  const attr = new DataView(new ArrayBuffer(linkAttrBytes));
  attr.setUint32(0, programFd, true);
  attr.setUint32(8, BPF_TRACE_UPROBE_MULTI, true);
  attr.setBigUint64(16, BigInt(path), true);
  attr.setBigUint64(24, BigInt(offsets), true);
  attr.setBigUint64(32, BigInt(semaphores), true);
  attr.setBigUint64(40, BigInt(cookies), true);
  attr.setUint32(48, count, true);
  attr.setUint32(56, pid, true);
  return bpfSyscall(BPF_LINK_CREATE, attr, linkAttrBytes);
}

/**
 * Whether the pid of a link of many means the process with all of its threads; before Linux 6.10 it was a single thread. Found
 * out with the id of one of our own threads, which is not a process id. The kernel looks for the process before it reads the
 * offsets, which cannot be read here, so nothing is attached in either case.
 */
export function manyUprobesKnowProcesses(programFd: number): boolean {
  const thread = readdirSync("/proc/self/task")
    .map(Number)
    .find((tid) => tid !== process.pid);
  if (thread === undefined) return false;
  const path = cString("/proc/self/exe");
  const unreadable = 1;
  const link = { path: addressOf(path), offsets: unreadable, semaphores: 0, cookies: 0, count: 1, pid: thread };
  return createMultiLink(programFd, link) === -constants.errno.ESRCH;
}
