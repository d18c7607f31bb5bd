/** The kernel's clocks, as events use them (clock_gettime(2)). */
import { readFileSync } from "node:fs";
import { addressOf, libc } from "./libc.ts";

const clockIds = { realtime: 0, monotonic: 1, "thread-cpu": 3 } as const;
const timespec = new BigInt64Array(2);

/** Reads a clock; nanoseconds. CLOCK_MONOTONIC is what bpf_ktime_get_ns() counts; `thread-cpu` is the time that this thread worked. */
export function readClock(clock: keyof typeof clockIds): bigint {
  libc().clock_gettime(clockIds[clock], addressOf(timespec));
  return (timespec[0] ?? 0n) * 1_000_000_000n + (timespec[1] ?? 0n);
}

/** Processor time of a process, threads that ended included; nanoseconds. 0 when it is not there. */
export function readCpuClock(pid: number): bigint {
  // CPUCLOCK_SCHED for a whole process (include/linux/posix-timers_types.h).
  if (libc().clock_gettime((~pid << 3) | 2, addressOf(timespec)) !== 0) return 0n;
  return (timespec[0] ?? 0n) * 1_000_000_000n + (timespec[1] ?? 0n);
}

/** Offset of CLOCK_MONOTONIC in a text like /proc/self/timens_offsets; nanoseconds. */
export function monotonicOffset(text: string): bigint {
  const [, seconds = "0", nanoseconds = "0"] = /^monotonic\s+(-?\d+)\s+(\d+)/m.exec(text) ?? [];
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
}

let offset: bigint | undefined;

/** Now, as bpf_ktime_get_ns() counts also in a time namespace (time_namespaces(7)), which shifts the clock of processes only. */
export function kernelNow(): bigint {
  offset ??= readOffset();
  return readClock("monotonic") - offset;
}

function readOffset(): bigint {
  try {
    return monotonicOffset(readFileSync("/proc/self/timens_offsets", "utf8"));
  } catch {
    // Before Linux 5.6 there are no time namespaces; without /proc the offset stays unknown.
    return 0n;
  }
}

/** Reads the clocks that relate events to the wall clock: in a time namespace too, CLOCK_MONOTONIC as the kernel counts it. */
export function readEventClock(clock: keyof typeof clockIds): bigint {
  return clock === "monotonic" ? kernelNow() : readClock(clock);
}
