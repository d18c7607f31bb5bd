import { effectiveCapabilityBits } from "../base/privilege.ts";

/** Names by bit number. Source: include/uapi/linux/capability.h. */
const names = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_DAC_READ_SEARCH",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETPCAP",
  "CAP_LINUX_IMMUTABLE",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_BROADCAST",
  "CAP_NET_ADMIN",
  "CAP_NET_RAW",
  "CAP_IPC_LOCK",
  "CAP_IPC_OWNER",
  "CAP_SYS_MODULE",
  "CAP_SYS_RAWIO",
  "CAP_SYS_CHROOT",
  "CAP_SYS_PTRACE",
  "CAP_SYS_PACCT",
  "CAP_SYS_ADMIN",
  "CAP_SYS_BOOT",
  "CAP_SYS_NICE",
  "CAP_SYS_RESOURCE",
  "CAP_SYS_TIME",
  "CAP_SYS_TTY_CONFIG",
  "CAP_MKNOD",
  "CAP_LEASE",
  "CAP_AUDIT_WRITE",
  "CAP_AUDIT_CONTROL",
  "CAP_SETFCAP",
  "CAP_MAC_OVERRIDE",
  "CAP_MAC_ADMIN",
  "CAP_SYSLOG",
  "CAP_WAKE_ALARM",
  "CAP_BLOCK_SUSPEND",
  "CAP_AUDIT_READ",
  "CAP_PERFMON",
  "CAP_BPF",
  "CAP_CHECKPOINT_RESTORE",
] as const;

export type Capability = (typeof names)[number];

/** Effective capabilities of this process; undefined when /proc does not show them. */
export function effectiveCapabilities(procDir = "/proc"): ReadonlySet<Capability> | undefined {
  const bits = effectiveCapabilityBits(procDir);
  return bits === undefined ? undefined : capabilitiesOf(bits);
}

/** Names of capabilities given as bits. */
export function capabilitiesOf(bits: bigint): ReadonlySet<Capability> {
  return new Set(names.filter((_, bit) => (bits >> BigInt(bit)) & 1n));
}

/** Bits of capabilities. */
export function capabilityMask(capabilities: Iterable<Capability>): bigint {
  return [...capabilities].reduce((mask, name) => mask | (1n << BigInt(names.indexOf(name))), 0n);
}

/** Whether text is the name of a capability, as `CAP_NET_ADMIN`. */
export function isCapability(text: string): text is Capability {
  return (names as readonly string[]).includes(text);
}
