/** What the kernel knows of a loaded program (BPF_OBJ_GET_INFO_BY_FD, struct bpf_prog_info). */
import { bpfSyscall } from "./bpf-syscall.ts";
import { addressOf } from "./libc.ts";

const BPF_OBJ_GET_INFO_BY_FD = 15;
/** Offsets in struct bpf_prog_info (include/uapi/linux/bpf.h); kernels before 5.12 leave the last one zero. */
const runTimeOffset = 192;
const runCountOffset = 200;
const recursionMissesOffset = 208;
const infoBytes = 216;

/** Run statistics; times are only counted while `kernel.bpf_stats_enabled` is set. */
export interface ProgramStatistics {
  readonly runTimeNs: number;
  readonly runs: number;
  /** Hits that the kernel skipped because the program was already running on that CPU. */
  readonly recursionMisses: number;
}

/** Statistics of a program; undefined when the kernel does not answer. */
export function programStatistics(programFd: number): ProgramStatistics | undefined {
  const info = new DataView(new ArrayBuffer(infoBytes));
  const attr = new DataView(new ArrayBuffer(16));
  attr.setUint32(0, programFd, true);
  attr.setUint32(4, infoBytes, true);
  attr.setBigUint64(8, BigInt(addressOf(info)), true);
  if (bpfSyscall(BPF_OBJ_GET_INFO_BY_FD, attr, 16) < 0) return undefined;
  const number = (offset: number) => Number(info.getBigUint64(offset, true));
  return { runTimeNs: number(runTimeOffset), runs: number(runCountOffset), recursionMisses: number(recursionMissesOffset) };
}
