import { effectiveCapabilities } from "../kernel/capabilities.ts";
import { inHostUserNamespace } from "../kernel/user-namespace.ts";

/** Whether this process has the capabilities that loading tracing programs takes. */
export function mayUseBpf(): boolean {
  const have = effectiveCapabilities();
  const capable = have?.has("CAP_SYS_ADMIN") === true || (have?.has("CAP_BPF") === true && have.has("CAP_PERFMON"));
  return capable && inHostUserNamespace() !== false;
}

/** What to do when this process is not allowed to. */
export function privilegeHint(): string {
  return inHostUserNamespace() === false ? "Run retis outside the container, or in a privileged one" : "Run as root, e.g. with sudo";
}
