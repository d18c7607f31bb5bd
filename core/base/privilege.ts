import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Whether this process may do more than its user: it is root, or was given capabilities. */
export function isPrivileged(): boolean {
  // Without /proc nothing is known, so the rules for the privileged apply.
  return process.geteuid?.() === 0 || effectiveCapabilityBits() !== 0n;
}

/** Effective capabilities of this process as bits (capabilities(7)); undefined when /proc does not show them. */
export function effectiveCapabilityBits(procDir = "/proc"): bigint | undefined {
  try {
    return capabilityBits(readFileSync(join(procDir, "self", "status"), "utf8"));
  } catch {
    return undefined;
  }
}

/** The `CapEff` line of a /proc/PID/status (proc_pid_status(5)). */
export function capabilityBits(status: string): bigint | undefined {
  const bits = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return bits === undefined ? undefined : BigInt(`0x${bits}`);
}

let fileUser: number | undefined;

/** While files are opened with the rights of another user: that user; then undefined. */
export function setFileUser(uid: number | undefined): void {
  fileUser = uid;
}

/** The user whose files are ours. */
export function fileUserId(): number {
  return fileUser ?? process.geteuid?.() ?? 0;
}
