/**
 * What the running kernel can do, as far as its BTF says: one function per fact. Versions do not count, as
 * distributions backport. Some facts also need a try (`retis doctor` does so); these here are cheap.
 */
import { coreOf, hasEnum, hasFunction, hasIntegerMember, hasStruct } from "./declarations.ts";
import type { TypeSource } from "./kernel-types.ts";
import { functionParameters } from "./prototype.ts";

/** Raw tracepoints take a cookie (upstream 6.10), so that one program can serve many of them. */
export function hasRawTracepointCookies(kernel: TypeSource): boolean {
  return hasStruct(coreOf(kernel), "bpf_raw_tp_link", "cookie");
}

/** Many kprobes are attached by one link (upstream 5.18), with a cookie each; needs CONFIG_FPROBE. */
export function hasKprobeMulti(kernel: TypeSource): boolean {
  return (
    hasEnum(coreOf(kernel), "bpf_attach_type", "BPF_TRACE_KPROBE_MULTI") && hasStruct(coreOf(kernel), "bpf_kprobe_multi_link", "cookies")
  );
}

/** How the functions of kprobe sessions are called: without arguments, or with the context of the program (upstream 7.0). */
export type KprobeSession = "plain" | "context";

/** One program serves entry and return of many functions (upstream 6.10). Undefined where it does not. */
export function kprobeSession(kernel: TypeSource): KprobeSession | undefined {
  if (!hasKprobeMulti(kernel) || !hasEnum(coreOf(kernel), "bpf_attach_type", "BPF_TRACE_KPROBE_SESSION")) return undefined;
  const parameters = functionParameters(coreOf(kernel), "bpf_session_cookie")?.parameters.length;
  return parameters === 0 ? "plain" : parameters === 1 ? "context" : undefined;
}

/** Kprobes and uprobes take a cookie (upstream 5.15). */
export function hasProbeCookies(kernel: TypeSource): boolean {
  return hasEnum(coreOf(kernel), "bpf_func_id", "BPF_FUNC_get_attach_cookie");
}

/** Many uprobes of a file are attached by one link (upstream 6.6), with a cookie each. */
export function hasUprobeMulti(kernel: TypeSource): boolean {
  return hasEnum(coreOf(kernel), "bpf_attach_type", "BPF_TRACE_UPROBE_MULTI") && hasStruct(coreOf(kernel), "bpf_uprobe_multi_link", "link");
}

/** Programs may load from an address as from an object of a type that they name (upstream 6.2). */
export function hasDirectReads(kernel: TypeSource): boolean {
  return hasFunction(coreOf(kernel), "bpf_rdonly_cast");
}

/** `bpf_get_func_ip` exists (upstream 5.15). */
export function hasGetFuncIp(kernel: TypeSource): boolean {
  return hasEnum(coreOf(kernel), "bpf_func_id", "BPF_FUNC_get_func_ip");
}

/** `bpf_get_func_ip` gives the right address although the CPU's indirect branch tracking moves the entry (upstream 6.1). */
export function hasExactEntryIp(kernel: TypeSource): boolean {
  return hasFunction(coreOf(kernel), "get_entry_ip");
}

/** Freed packets carry a drop reason (upstream 5.17). */
export function hasDropReasons(kernel: TypeSource): boolean {
  return hasEnum(coreOf(kernel), "skb_drop_reason");
}

/** Subsystems have drop reasons of their own (upstream 6.4). */
export function hasDropReasonSubsystems(kernel: TypeSource): boolean {
  return hasEnum(coreOf(kernel), "skb_drop_reason_subsys");
}

/** Network namespaces have a cookie that can be read as an integer (upstream 5.12; before, it was made on demand). */
export function hasNetCookie(kernel: TypeSource): boolean {
  return hasIntegerMember(coreOf(kernel), "net", "net_cookie", 8);
}

/** BPF ring buffers exist (upstream 5.8); nothing works without. */
export function hasRingBuffer(kernel: TypeSource): boolean {
  return hasEnum(coreOf(kernel), "bpf_map_type", "BPF_MAP_TYPE_RINGBUF");
}
