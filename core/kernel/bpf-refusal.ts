import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Why bpf(2) is refused to a process that has the capabilities for it. */
export interface BpfRefusal {
  readonly reason: string;
  readonly hint: string;
}

/**
 * Explains the errno of bpf(2) with a command that does not exist: `EINVAL` says that the call gets through.
 * @param errno name, e.g. `EPERM`
 * @returns undefined when it gets through
 */
export function bpfRefusal(errno: string, procDir = "/proc"): BpfRefusal | undefined {
  if (errno === "EINVAL" || errno === "E2BIG") return undefined;
  if (hasSeccompFilter(procDir)) {
    return {
      reason: `a seccomp filter refuses bpf(2) (${errno})`,
      hint: "Allow bpf and perf_event_open in the seccomp profile of the container or service, e.g. --security-opt seccomp=unconfined",
    };
  }
  if (errno === "ENOSYS") return { reason: "the kernel has no bpf(2)", hint: "Use a kernel built with CONFIG_BPF_SYSCALL=y" };
  return {
    reason: `a security module of the kernel refuses bpf(2) (${errno})`,
    hint: "Allow it in the policy of SELinux, AppArmor or the like; its audit log has the rule",
  };
}

/** Whether a filter of system calls is set for this process, as `Seccomp: 2` (proc_pid_status(5)). */
function hasSeccompFilter(procDir: string): boolean {
  try {
    return /^Seccomp:\s*2$/m.test(readFileSync(join(procDir, "self/status"), "utf8"));
  } catch {
    return false;
  }
}
