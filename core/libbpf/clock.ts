/** The kernel's clocks, as events use them (clock_gettime(2)). */
import { addressOf, libc } from "./libc.ts";

const clockIds = { realtime: 0, monotonic: 1 } as const;
const timespec = new BigInt64Array(2);

/** Reads a clock; nanoseconds. CLOCK_MONOTONIC is what bpf_ktime_get_ns() counts. */
export function readClock(clock: keyof typeof clockIds): bigint {
  libc().clock_gettime(clockIds[clock], addressOf(timespec));
  return (timespec[0] ?? 0n) * 1_000_000_000n + (timespec[1] ?? 0n);
}
