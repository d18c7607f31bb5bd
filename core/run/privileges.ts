/** What this process must be allowed to do, checked before anything else so that the message is the right one. */
import { missingPrivilege } from "../base/errors.ts";
import { type Capability, effectiveCapabilities } from "../kernel/capabilities.ts";

/** Each line: any one of these is enough. CAP_SYS_ADMIN contains the others (include/uapi/linux/capability.h). */
const needed: readonly (readonly Capability[])[] = [
  ["CAP_BPF", "CAP_SYS_ADMIN"],
  ["CAP_PERFMON", "CAP_SYS_ADMIN"],
];

/** @throws TraceError naming the capabilities that are missing for tracing */
export function requireTracingPrivileges(): void {
  const have = effectiveCapabilities();
  const missing = needed
    .filter((choice) => !choice.some((capability) => have?.has(capability) ?? true))
    .flatMap((choice) => choice.slice(0, 1));
  if (missing.length > 0) throw missingPrivilege("trace the kernel", missing);
}
