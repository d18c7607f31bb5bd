/** What this process and this host allow, found by looking. */
import { existsSync } from "node:fs";
import { bpfRefusal } from "../kernel/bpf-refusal.ts";
import { type Capability, effectiveCapabilities } from "../kernel/capabilities.ts";
import { hasExactEntryIp } from "../kernel/features.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { lockdownMode } from "../kernel/lockdown.ts";
import { inHostUserNamespace } from "../kernel/user-namespace.ts";
import { reachThreads, readingMapsNeedsCapability } from "../privileges/thread-privileges.ts";
import { probeBpfCall } from "../libbpf/bpf-syscall.ts";
import { libbpf } from "../libbpf/symbols.ts";
import type { CheckPlan, Finding } from "./check.ts";
import { mayUseBpf, privilegeHint } from "./may-use-bpf.ts";

/** The checks of the group "host". Making them reads nothing. */
export function hostChecks(kernel: Kernel): readonly CheckPlan[] {
  return [
    { name: "kernel release", find: () => ({ status: "ok", detail: `${kernel.release} on ${process.arch}` }) },
    { name: "user namespace", required: true, find: userNamespace },
    { name: "CAP_BPF", required: true, find: () => capability("CAP_BPF", "load BPF programs") },
    { name: "CAP_PERFMON", required: true, find: () => capability("CAP_PERFMON", "let BPF programs read the kernel's memory") },
    { name: "CAP_SYSLOG", find: () => capability("CAP_SYSLOG", "see the addresses of kernel symbols") },
    { name: "bpf(2)", required: true, find: bpfCall },
    { name: "giving up privileges", find: givingUp },
    { name: "lockdown", required: true, find: lockdown },
    { name: "BTF of the kernel", required: true, find: () => kernelTypes(kernel) },
    { name: "BTF of modules", find: () => moduleTypes(kernel) },
    { name: "tracefs", find: () => tracefs(kernel) },
    { name: "kernel symbols", find: () => symbols(kernel) },
    { name: "kernel configuration", find: () => configuration(kernel) },
    { name: "exact kprobe addresses", find: () => entryAddresses(kernel) },
    { name: "libbpf", required: true, find: library },
  ];
}

function capability(name: Capability, purpose: string): Finding {
  const have = effectiveCapabilities();
  if (have === undefined) return { status: "unknown", detail: "/proc/self/status cannot be read" };
  // CAP_SYS_ADMIN contains the newer ones, which were taken out of it (include/uapi/linux/capability.h).
  const held = have.has(name) || (name !== "CAP_SYSLOG" && have.has("CAP_SYS_ADMIN"));
  return held ? { status: "ok" } : { status: "missing", detail: `needed to ${purpose}`, hint: privilegeHint() };
}

/** Root of another user namespace may not use BPF, whatever its capabilities. */
function userNamespace(): Finding {
  const own = inHostUserNamespace();
  if (own === undefined) return { status: "unknown", detail: "/proc/self/uid_map cannot be read" };
  return own
    ? { status: "ok", detail: "the initial one" }
    : { status: "missing", detail: "not the initial one, so capabilities do not cover BPF", hint: privilegeHint() };
}

/** Whether a seccomp filter or a security module lets the call through. */
function bpfCall(): Finding {
  if (!mayUseBpf()) return { status: "unknown", detail: "not tried without privileges", hint: privilegeHint() };
  const refusal = bpfRefusal(probeBpfCall());
  return refusal ? { status: "missing", detail: refusal.reason, hint: refusal.hint } : { status: "ok" };
}

/** What `collect` does once everything is attached. */
function givingUp(): Finding {
  const threads = reachThreads();
  if (!mayUseBpf()) return { status: "ok", detail: "nothing to give up" };
  const kept = readingMapsNeedsCapability() ? "all but CAP_BPF, which bpf(2) of this kernel needs for reading" : "all";
  return { status: "ok", detail: `${kept}, in each of ${threads} threads, once probes are attached; no_new_privs` };
}

function lockdown(): Finding {
  const mode = lockdownMode();
  if (mode !== "confidentiality") return { status: "ok", detail: mode ?? "not active, as far as visible" };
  return {
    status: "missing",
    detail: "mode confidentiality forbids BPF programs to read packets",
    hint: "Boot with lockdown=integrity or without Secure Boot",
  };
}

function kernelTypes(kernel: Kernel): Finding {
  try {
    return { status: "ok", detail: `${kernel.vmlinux.endId - 1} types` };
  } catch (error) {
    return { status: "missing", detail: String((error as Error).message), hint: "Use a kernel built with CONFIG_DEBUG_INFO_BTF=y" };
  }
}

function moduleTypes({ types }: Kernel): Finding {
  const names = types.moduleNames();
  for (const name of names) types.module(name);
  const [problem] = types.problems();
  if (problem) return { status: "missing", detail: problem.message, hint: "Types of other modules are still available" };
  return { status: "ok", detail: `${names.length} modules` };
}

/** Lists of what can be probed; whole names work without. */
function tracefs({ traceLists }: Kernel): Finding {
  const events = traceLists.events();
  if (events) return { status: "ok", detail: `${events.length} tracepoints` };
  const directory = "/sys/kernel/tracing";
  if (!existsSync(directory))
    return { status: "missing", detail: "not supported by this kernel", hint: "Write full names of probes: wildcards need it" };
  const detail = traceLists.problems().get("available_events") ?? "it cannot be read";
  if (/EACCES|EPERM/.test(detail)) return { status: "unknown", detail, hint: privilegeHint() };
  return { status: "missing", detail, hint: `Wildcards need it: mount -t tracefs tracefs ${directory}` };
}

function symbols(kernel: Kernel): Finding {
  const { count, addressesHidden } = kernel.symbols;
  if (!addressesHidden) return { status: "ok", detail: `${count} symbols` };
  return {
    status: "missing",
    detail: "the kernel hides their addresses",
    hint: `${privilegeHint()}, with sysctl kernel.kptr_restrict at 0 or 1`,
  };
}

function configuration(kernel: Kernel): Finding {
  if (kernel.kernelConfig) return { status: "ok" };
  const detail = `neither /proc/config.gz nor /boot/config-${kernel.release} can be read; some hints need it`;
  return { status: "unknown", detail, hint: "Name another file with retis collect --kconf" };
}

/** Indirect branch tracking moves the entry of functions; before Linux 6.1 the BPF helper for it did not account for that. */
function entryAddresses(kernel: Kernel): Finding {
  const moved = kernel.config("X86_KERNEL_IBT") === "y";
  if (!moved || hasExactEntryIp(kernel)) return { status: "ok" };
  return {
    status: "missing",
    detail: "indirect branch tracking hides where a kprobe was hit",
    hint: "Boot with ibt=off if events of kprobes are missing",
  };
}

function library(): Finding {
  return { status: "ok", detail: `version ${String(libbpf().libbpf_version_string()).replace(/^v/, "")}` };
}
