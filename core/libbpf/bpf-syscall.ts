/** bpf(2) itself, for what libbpf 1.1 lacks. */
import { addressOf, errnoName, lastErrno, libc } from "./libc.ts";

/** System call number (arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h). */
const bpfNumber = process.arch === "arm64" ? 280n : 321n;

/** Calls bpf(2). Returns what the kernel gave, or the negated errno. */
export function bpfSyscall(command: number, attr: DataView, size: number): number {
  const result = Number(libc().syscall(bpfNumber, BigInt(command), BigInt(addressOf(attr)), BigInt(size), 0n, 0n));
  return result < 0 ? -lastErrno() : result;
}

/** Not a command, now or ever: the kernel answers EINVAL when the call gets that far. */
const noCommand = 0x7fffffff;

/** The name of the errno of bpf(2) with a command that does not exist. Changes nothing. */
export function probeBpfCall(): string {
  return errnoName(bpfSyscall(noCommand, new DataView(new ArrayBuffer(8)), 8));
}
