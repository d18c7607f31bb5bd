import { effectiveCapabilities } from "../kernel/capabilities.ts";

/** Whether this process has the capabilities that loading tracing programs takes. */
export function mayUseBpf(): boolean {
  const have = effectiveCapabilities();
  return have?.has("CAP_SYS_ADMIN") === true || (have?.has("CAP_BPF") === true && have.has("CAP_PERFMON"));
}
