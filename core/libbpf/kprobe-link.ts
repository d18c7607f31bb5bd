/**
 * Attaching to functions by address. Many at once where the kernel can (BPF_TRACE_KPROBE_MULTI, 5.18); otherwise one
 * perf event each. Structures: include/uapi/linux/bpf.h (union bpf_attr), include/uapi/linux/perf_event.h.
 */
import { closeSync, existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { bpfSyscall } from "./bpf-syscall.ts";
import { addressOf } from "./libc.ts";
import type { Link } from "./link.ts";
import { linkPerfEvent, openPerfEvent } from "./perf-link.ts";

const BPF_LINK_CREATE = 28;
/** Values of the `expected_attach_type` that a program for {@link attachManyKprobes} is loaded with. */
export const BPF_TRACE_KPROBE_MULTI = 42;
export const BPF_TRACE_KPROBE_SESSION = 56;
const BPF_F_KPROBE_MULTI_RETURN = 1;

const linkAttrBytes = 48;
const BPF_OBJ_GET_INFO_BY_FD = 15;
/** In struct bpf_link_info: u32 type, id, prog_id; then of kprobe_multi u64 addrs, u32 count, flags, u64 missed. */
const missedOffset = 32;
const linkInfoBytes = 40;

function linkAttr(programFd: number, targetFd: number, attachType: number): DataView {
  const attr = new DataView(new ArrayBuffer(linkAttrBytes));
  attr.setUint32(0, programFd, true);
  attr.setUint32(4, targetFd, true);
  attr.setUint32(8, attachType, true);
  return attr;
}

/** Where the program of a link runs: at functions' entries, at their returns, or at both (BPF_TRACE_KPROBE_SESSION). */
export type KprobeKind = "entry" | "return" | "session";

/**
 * Attaches a program to many functions with one link.
 * @param addresses of the functions, as in /proc/kallsyms
 * @param cookies one for each address
 * @returns the link, or the errno (positive); the kernel refuses all when it refuses one
 */
export function attachManyKprobes(
  programFd: number,
  addresses: BigUint64Array,
  cookies: BigUint64Array,
  at: KprobeKind = "entry",
): Link | number {
  const attr = linkAttr(programFd, 0, at === "session" ? BPF_TRACE_KPROBE_SESSION : BPF_TRACE_KPROBE_MULTI);
  attr.setUint32(16, at === "return" ? BPF_F_KPROBE_MULTI_RETURN : 0, true);
  attr.setUint32(20, addresses.length, true);
  attr.setBigUint64(32, BigInt(addressOf(addresses)), true);
  attr.setBigUint64(40, BigInt(addressOf(cookies)), true);
  const fd = bpfSyscall(BPF_LINK_CREATE, attr, linkAttrBytes);
  return fd < 0 ? -fd : { close: () => closeSync(fd), missed: () => missedCalls(fd) };
}

/** struct bpf_link_info: calls that the kernel could not watch; kernels before 6.7 leave it zero. */
function missedCalls(linkFd: number): number {
  const info = new DataView(new ArrayBuffer(linkInfoBytes));
  const attr = new DataView(new ArrayBuffer(16));
  attr.setUint32(0, linkFd, true);
  attr.setUint32(4, linkInfoBytes, true);
  attr.setBigUint64(8, BigInt(addressOf(info)), true);
  return bpfSyscall(BPF_OBJ_GET_INFO_BY_FD, attr, 16) < 0 ? 0 : Number(info.getBigUint64(missedOffset, true));
}

/** The kprobe performance unit: its event type and the flag for return probes, both chosen by the kernel at boot. */
interface KprobeUnit {
  readonly type: number;
  readonly returnFlag: bigint;
}

const unitDirectory = "/sys/bus/event_source/devices/kprobe";
let unit: KprobeUnit | undefined;

/** Undefined on kernels without kprobes. */
function kprobeUnit(): KprobeUnit | undefined {
  if (unit || !existsSync(unitDirectory)) return unit;
  const bit = /config:(\d+)/.exec(readFileSync(`${unitDirectory}/format/retprobe`, "utf8"))?.[1] ?? "0";
  unit = { type: Number(readFileSync(`${unitDirectory}/type`, "utf8")), returnFlag: 1n << BigInt(bit) };
  return unit;
}

function openKprobeEvent(address: bigint, atReturn: boolean): number {
  const kprobes = kprobeUnit();
  if (!kprobes) return -constants.errno.EOPNOTSUPP;
  // kprobe_addr is config2, as kprobe_func (config1) is 0.
  return openPerfEvent({ type: kprobes.type, config: atReturn ? kprobes.returnFlag : 0n, config1: 0n, config2: address });
}

/**
 * Attaches a program to the entry or return of one function.
 * @param cookie for bpf_get_attach_cookie(); only on kernels whose perf links have one (5.15)
 * @returns the link, or the errno (positive)
 */
export function attachKprobe(
  programFd: number,
  address: bigint,
  options: { readonly atReturn: boolean; readonly cookie?: number },
): Link | number {
  const eventFd = openKprobeEvent(address, options.atReturn);
  return eventFd < 0 ? -eventFd : linkPerfEvent(programFd, eventFd, options.cookie);
}
