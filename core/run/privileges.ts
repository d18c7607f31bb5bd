/** What this process must be allowed to do, checked before anything else so that the message is the right one. */
import { missingPrivilege, tracingRefused } from "../base/errors.ts";
import { bpfRefusal } from "../kernel/bpf-refusal.ts";
import { type Capability, effectiveCapabilities } from "../kernel/capabilities.ts";
import { inHostUserNamespace } from "../kernel/user-namespace.ts";
import { probeBpfCall } from "../libbpf/bpf-syscall.ts";

/** Each line: any one of these is enough. CAP_SYS_ADMIN contains the others (include/uapi/linux/capability.h). */
const needed: readonly (readonly Capability[])[] = [
  ["CAP_BPF", "CAP_SYS_ADMIN"],
  ["CAP_PERFMON", "CAP_SYS_ADMIN"],
];

/** @throws TraceError naming what keeps this process from tracing: its user namespace, capabilities, or a filter of system calls */
export function requireTracingPrivileges(): void {
  // The root of a container may have all capabilities, in the eyes of its own namespace.
  if (inHostUserNamespace() === false) {
    throw tracingRefused(
      "this process is in a user namespace, an unprivileged container, where capabilities do not cover BPF",
      "Run retis outside the container, or in a privileged one",
    );
  }
  const have = effectiveCapabilities();
  const missing = needed
    .filter((choice) => !choice.some((capability) => have?.has(capability) ?? true))
    .flatMap((choice) => choice.slice(0, 1));
  if (missing.length > 0) throw missingPrivilege("trace the kernel", missing);
  const refusal = bpfRefusal(probeBpfCall());
  if (refusal) throw tracingRefused(refusal.reason, refusal.hint);
}
