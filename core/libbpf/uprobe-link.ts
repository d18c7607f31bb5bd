/** Attaching to a location in a program file: a performance event of the unit `uprobe` for each. Source: kernel/trace/trace_uprobe.c */
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
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
