import { readFileSync } from "node:fs";

/** Whether this process may do more than its user: it is root, or was given capabilities. */
export function isPrivileged(): boolean {
  if (process.geteuid?.() === 0) return true;
  try {
    const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    return effective === undefined || BigInt(`0x${effective}`) !== 0n;
  } catch {
    return true; // Without /proc nothing is known, so the rules for the privileged hold.
  }
}
