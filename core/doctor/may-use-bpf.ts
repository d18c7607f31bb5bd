import { readFileSync } from "node:fs";
import { effectiveCapabilities } from "../kernel/capabilities.ts";

/**
 * Whether this process lives in the host's own user namespace; undefined when that is unknown. In another one
 * capabilities mean nothing to BPF. The host's maps every id to itself (user_namespaces(7)).
 */
export function inHostUserNamespace(): boolean | undefined {
  try {
    return /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync("/proc/self/uid_map", "utf8"));
  } catch {
    return undefined;
  }
}

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
