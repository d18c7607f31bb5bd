/** The kernel's functions between a tracepoint and a program that is attached to it, where kallsyms hides addresses. */
import type { Kernel } from "../kernel/kernel.ts";
import { functionAddresses } from "../libbpf/function-address.ts";
import type { Probe } from "./probe.ts";
import { tracepointArguments } from "./program-types.ts";

/** Start addresses of those that these probes may be called through; none where the kernel does not give them. */
export function tracingFunctions(kernel: Kernel, probes: readonly Pick<Probe, "type" | "symbol">[]): readonly bigint[] {
  const runners = Array.from({ length: tracepointArguments() }, (_, index) => `bpf_trace_run${index + 1}`);
  const events = probes.filter(({ type }) => type === "raw_tracepoint").map(({ symbol }) => symbol.slice(symbol.lastIndexOf(":") + 1));
  const callers = events.flatMap((event) => [`__traceiter_${event}`, `__bpf_trace_${event}`]);
  const ids = [...runners, ...callers].flatMap((name) => kernel.findCoreType(name, "func")?.id ?? []);
  return functionAddresses(ids);
}
