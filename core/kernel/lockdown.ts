import { readFileSync } from "node:fs";
import { join } from "node:path";

/** How far the kernel protects itself from root: `integrity` forbids changes, `confidentiality` also BPF reads. */
export type LockdownMode = "none" | "integrity" | "confidentiality";

/** The mode in force; undefined when the kernel has no lockdown or securityfs is not mounted. */
export function lockdownMode(sysDir = "/sys"): LockdownMode | undefined {
  try {
    const text = readFileSync(join(sysDir, "kernel/security/lockdown"), "utf8");
    return /\[(none|integrity|confidentiality)\]/.exec(text)?.[1] as LockdownMode | undefined;
  } catch {
    return undefined;
  }
}

/** Settings that decide who may trace: see Documentation/admin-guide/sysctl/kernel.rst. */
export type TracingSysctl = "kptr_restrict" | "perf_event_paranoid" | "unprivileged_bpf_disabled";

/** Value of `kernel.<name>`; undefined when the kernel has no such setting. */
export function tracingSysctl(name: TracingSysctl, procDir = "/proc"): number | undefined {
  try {
    const value = Number.parseInt(readFileSync(join(procDir, "sys/kernel", name), "utf8"), 10);
    return Number.isNaN(value) ? undefined : value;
  } catch {
    return undefined;
  }
}
