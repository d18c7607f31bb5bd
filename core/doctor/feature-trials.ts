/**
 * What the kernel can do, found by trying: small maps, programs and links are made and removed at once. The programs
 * only return, and hang on functions and tracepoints of this host for microseconds.
 */
import type { Kernel } from "../kernel/kernel.ts";
import { errnoName, libc } from "../libbpf/libc.ts";
import { attachKprobe, attachManyKprobes } from "../libbpf/kprobe-link.ts";
import type { Link } from "../libbpf/link.ts";
import {
  attachTracing,
  attachTypes,
  contextHelpers,
  createMap,
  loadProgram,
  mapTypes,
  programTypes,
  type RawProgram,
} from "../libbpf/raw-objects.ts";
import { attachManyUprobes, attachUprobe } from "../libbpf/uprobe-link.ts";
import { ProgramFile } from "../userspace/program-file.ts";
import { attachRawTracepoint } from "../libbpf/raw-tracepoint-link.ts";
import type { CheckPlan, Finding } from "./check.ts";
import { mayUseBpf, privilegeHint } from "./may-use-bpf.ts";

/** A function that every kernel with networking has, that can be probed, and that is called once in a while only. */
const quietFunction = "register_netdevice";
/** The tracepoint of the main job. */
const dropTracepoint = "kfree_skb";

/** The checks of the group "kernel". Making them tries nothing. */
export function featureTrials(kernel: Kernel): readonly CheckPlan[] {
  return [
    {
      name: "ring buffer",
      required: true,
      find: () => trial(() => createMap(mapTypes.ringBuffer, 0, 0, libc().getpagesize()), needed("5.8")),
    },
    { name: "per-CPU array", required: true, find: () => trial(() => createMap(mapTypes.perCpuArray, 4, 8, 1), needed("4.6")) },
    { name: "raw tracepoint", required: true, find: () => trial(tryRawTracepoint, needed("4.17")) },
    {
      name: "raw tracepoint cookies",
      find: () => trial(tryRawTracepointCookie, "One program per tracepoint is loaded instead (cookies need Linux 6.10)"),
    },
    {
      name: "kprobe",
      find: () => trial(() => tryKprobe(kernel), "Functions cannot be probed; the kernel needs CONFIG_KPROBES and CONFIG_PERF_EVENTS"),
    },
    {
      name: "kprobe cookies",
      find: () => trial(() => tryKprobeCookie(kernel), "Probes are identified by address instead (cookies need Linux 5.15)"),
    },
    {
      name: "kprobe-multi",
      find: () => trial(() => tryKprobeMulti(kernel), "Functions are probed one by one, which takes longer (needs Linux 5.18)"),
    },
    {
      name: "uprobe",
      find: () => trial(tryUprobe, "Programs cannot be probed (usdt:, uprobe:); the kernel needs CONFIG_UPROBE_EVENTS and Linux 5.15"),
    },
    {
      name: "uprobe-multi",
      find: () => trial(tryUprobeMulti, "Locations in programs are probed one by one, which takes longer to end (needs Linux 6.6)"),
    },
    { name: "bpf_get_func_ip", find: () => trial(tryFuncIp, "The address is read from the registers instead (needs Linux 5.15)") },
    { name: "BPF trampoline (fentry)", find: () => trial(() => tryTrampoline(kernel), "Nothing to do: retis does not need it") },
  ];
}

function needed(since: string): string {
  return `Use Linux ${since} or later with CONFIG_BPF_SYSCALL=y`;
}

/**
 * Tries, and removes what was made. `otherwise` says what to do, or what happens, when the kernel cannot do it. Being
 * refused says nothing about the kernel, unless this process may use BPF.
 */
function trial(attempt: () => Link | number, otherwise: string): Finding {
  const result = attempt();
  if (typeof result !== "number") {
    result.close();
    return { status: "ok" };
  }
  const errno = errnoName(result);
  const refused = errno === "EPERM" || errno === "EACCES";
  if (refused && !mayUseBpf()) return { status: "unknown", detail: `not allowed to try (${errno})`, hint: privilegeHint() };
  return { status: "missing", detail: `${errno}`, hint: otherwise };
}

/** Loads a program, lets `attach` hang it somewhere, and closes it; a link keeps its program alive. */
function withProgram(program: RawProgram, attach: (fd: number) => Link | number): Link | number {
  const loaded = loadProgram(program);
  if (typeof loaded === "number") return loaded;
  try {
    return attach(loaded.fd);
  } finally {
    loaded.close();
  }
}

function tryRawTracepoint(): Link | number {
  return withProgram({ type: programTypes.rawTracepoint }, (fd) => attachRawTracepoint(fd, dropTracepoint));
}

function tryRawTracepointCookie(): Link | number {
  const program = { type: programTypes.rawTracepoint, helper: contextHelpers.getAttachCookie };
  return withProgram(program, (fd) => attachRawTracepoint(fd, dropTracepoint, 1));
}

function tryKprobe(kernel: Kernel): Link | number {
  return withProgram({ type: programTypes.kprobe }, (fd) => attachKprobe(fd, quietAddress(kernel), { atReturn: false }));
}

function tryKprobeCookie(kernel: Kernel): Link | number {
  const program = { type: programTypes.kprobe, helper: contextHelpers.getAttachCookie };
  return withProgram(program, (fd) => attachKprobe(fd, quietAddress(kernel), { atReturn: false, cookie: 1 }));
}

function tryKprobeMulti(kernel: Kernel): Link | number {
  const program = { type: programTypes.kprobe, attachType: attachTypes.kprobeMulti, helper: contextHelpers.getAttachCookie };
  return withProgram(program, (fd) => attachManyKprobes(fd, BigUint64Array.of(quietAddress(kernel)), BigUint64Array.of(1n)));
}

/** The first instruction of this program, which is not executed again, for this process only. */
function withOwnEntry(attach: (location: { readonly path: string; readonly offset: number; readonly semaphore: 0 }) => Link | number) {
  const file = new ProgramFile("/proc/self/exe");
  try {
    const offset = file.elf.fileOffset(file.elf.entry);
    if (offset === undefined) throw new Error("this program has no entry");
    return attach({ path: file.path, offset, semaphore: 0 });
  } finally {
    file.close();
  }
}

function tryUprobe(): Link | number {
  const program = { type: programTypes.kprobe, helper: contextHelpers.getAttachCookie };
  return withProgram(program, (fd) => withOwnEntry((location) => attachUprobe(fd, { ...location, pid: process.pid }, 1)));
}

function tryUprobeMulti(): Link | number {
  const program = { type: programTypes.kprobe, attachType: attachTypes.uprobeMulti, helper: contextHelpers.getAttachCookie };
  return withProgram(program, (fd) =>
    withOwnEntry(({ path, ...location }) => attachManyUprobes(fd, { path, locations: [{ ...location, cookie: 1 }], pid: process.pid })),
  );
}

function quietAddress(kernel: Kernel): bigint {
  const address = kernel.symbols.addressOf(quietFunction);
  if (address === undefined) throw new Error(`the kernel's symbols have no address of ${quietFunction}`);
  return address;
}

function tryFuncIp(): Link | number {
  return loadProgram({ type: programTypes.kprobe, helper: contextHelpers.getFuncIp });
}

function tryTrampoline(kernel: Kernel): Link | number {
  const targetId = kernel.vmlinux.findByName(quietFunction, "func");
  if (targetId === undefined) throw new Error(`the kernel's BTF does not describe ${quietFunction}`);
  return withProgram({ type: programTypes.tracing, attachType: attachTypes.fentry, targetId }, attachTracing);
}
