/** Functions for a benchmark to probe. */
import { existsSync } from "node:fs";
import { Kernel } from "../../core/kernel/kernel.ts";

/** Why the running kernel cannot have kprobes; undefined when it can. */
export function kprobesMissing(): string | undefined {
  return existsSync("/sys/bus/event_source/devices/kprobe") ? undefined : "the kernel has no kprobes (CONFIG_KPROBE_EVENTS)";
}

/** Names of functions with a parameter that the collectors of a run read. @throws Error when there are not so many */
export function packetFunctions(count: number): readonly string[] {
  const types = ["struct sk_buff *", "struct net_device *"];
  const fitting = new Kernel()
    .functions("*")
    .filter(({ prototype }) => prototype.parameters.slice(0, 6).some(({ type }) => types.includes(type)));
  // Twins that share a name would make more than one probe each.
  const names = [...new Set(fitting.map(({ name }) => name))];
  if (names.length < count) throw new Error(`the kernel has only ${names.length} functions that read packets or devices`);
  return names.slice(0, count);
}
