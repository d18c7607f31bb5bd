/** What a collector can find out about the machine it runs on. */
import type { WorkloadFacts } from "./workload.ts";

/** A member of an enumeration. */
export interface EnumValue {
  readonly name: string;
  readonly value: number | bigint;
}

/** A drop reason as the running kernel declares it. */
export interface DropReason {
  /** `core`, `openvswitch`, `mac80211_unusable`, …; undefined when the kernel has no such subsystem. */
  readonly subsystem: string | undefined;
  /** Without `SKB_DROP_REASON_` for those of the core; undefined when the kernel, or a loaded module, declares none. */
  readonly name: string | undefined;
}

/** Facts of the running kernel, from BTF and /proc; every answer is cached. */
export interface KernelFacts {
  /** `uname -r`. */
  readonly release: string;
  /**
   * Values of an enum (32 or 64 bit) in vmlinux or any module BTF; undefined when no such enum exists.
   * @param name of the enum; of one without a name in vmlinux, that of any of its values, e.g. `TCP_ESTABLISHED`
   */
  enumValues(name: string): readonly EnumValue[] | undefined;
  /** Subsystem and name of a drop reason by its value (≥ 0), see include/net/dropreason.h. */
  dropReason(value: number): DropReason;
  /** Whether a struct exists, and has the member when one is given. */
  hasStruct(name: string, member?: string): boolean;
  /** Whether a struct member exists and is an integer of this size in bytes (typedefs followed). */
  hasIntegerMember(struct: string, member: string, size: number): boolean;
  /** Exact parameter types of a probe target (`tcp_v4_rcv`, `skb:kfree_skb`); undefined when the kernel has no such target. */
  parameters(target: string): readonly string[] | undefined;
  /** Value of a kernel configuration option (`y`, `m`, `n`, text); undefined when unknown. */
  config(option: string): string | undefined;
  /** Whether the module is loaded or built in; undefined when that cannot be known. */
  moduleLoaded(name: string): boolean | undefined;
  /** Address of a function or variable, of a module's too; undefined when there is none, or the kernel does not show it. */
  symbolAddress(name: string): bigint | undefined;
}

/** A network namespace while it is open: it stays the same one, whatever happens to names, processes and inode numbers. */
export interface OpenNamespace extends Disposable {
  /** As in /proc/PID/ns/net. The kernel gives it again once the namespace is gone. */
  readonly inode: number;
  /** As `net_cookie` of `struct net`, never given twice; undefined before Linux 5.14, and where it cannot be entered. */
  readonly cookie: number | bigint | undefined;
  /** Since when, by `Host.now()`, the inode number has been this namespace's for certain. */
  readonly since: bigint;
  /** Descriptor of the namespace's file, for a child's `--net=/proc/self/fd/N` (nsenter(1)). */
  readonly descriptor: number;
  /**
   * Sends a message of netlink(7) from within the namespace, and receives one.
   * @param protocol e.g. 12: NETLINK_NETFILTER
   * @throws Error when the namespace cannot be entered, or the kernel does not answer
   */
  netlink(protocol: number, message: Uint8Array): Uint8Array;
}

/** A process that runs now. */
export interface RunningProcess {
  readonly pid: number;
  /** Path of its program, in its own mount namespace. */
  readonly program: string;
}

/** Facts about programs and users. */
export interface UserspaceFacts {
  /** Processes of a name, looked for anew with each call: what `ps` shows, or the file name of the program. */
  processes(name: string): readonly RunningProcess[];
  /** Name of a user by id, from /etc/passwd; undefined when it has none there. Can be looked up for each event. */
  userName(uid: number): string | undefined;
}

/** Where a collector's messages go. */
export interface HostLog {
  warn(message: string): void;
  info(message: string): void;
  debug(message: string): void;
}

/** Everything that the host offers a collector. */
export interface Host {
  readonly kernel: KernelFacts;
  readonly userspace: UserspaceFacts;
  readonly workloads: WorkloadFacts;
  /**
   * Why a probe, in `--probe` syntax, cannot be attached now; undefined when it can. In the kernel: no such function or tracepoint,
   * or a function that is inlined everywhere (static ones that are not can be probed). In programs
   * (`usdt:ovs-vswitchd:main:run_start`): no such process, no such probe in it, or a kernel that cannot.
   */
  whyUnprobeable(probe: string): string | undefined;
  /** Now in nanoseconds, by the clock of `retis_timestamp()`: what a collector sees can be ordered with what hooks saw. */
  now(): bigint;
  /** Opens the network namespace that a file leads to (/run/netns/NAME, /proc/PID/ns/net); undefined when it leads to none. */
  openNamespace(path: string): OpenNamespace | undefined;
  readonly log: HostLog;
  /** `--allow-system-changes` was given. */
  readonly systemChangesAllowed: boolean;
}
