/** The most memory that a process had resident, from what /proc says while it lives. */
import { readFileSync } from "node:fs";

const intervalMs = 10;

/**
 * Follows a process to its end. Its resource usage would not do: what wait4(2) reports begins with the memory of the process that
 * started it, which is the whole test run here.
 * @returns bytes; 0 when it ended before anything was read
 */
export async function peakMemory(child: Bun.Subprocess): Promise<number> {
  let peak = 0;
  while (child.exitCode === null && child.signalCode === null) {
    peak = Math.max(peak, highWaterMark(child.pid));
    await Promise.race([child.exited, Bun.sleep(intervalMs)]);
  }
  return peak;
}

/** `VmHWM` of proc_pid_status(5), in bytes; it never falls. */
function highWaterMark(pid: number): number {
  try {
    return Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0) * 1024;
  } catch {
    return 0; // it ended meanwhile
  }
}
