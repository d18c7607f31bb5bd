/** What the BPF programs of a process cost, as the kernel counts it. */
import { closeSync, readdirSync, readFileSync } from "node:fs";
import { bpfSyscall } from "../../core/libbpf/bpf-syscall.ts";
import { errnoName } from "../../core/libbpf/libc.ts";

const BPF_ENABLE_STATS = 32;

/**
 * Lets the kernel count run times as long as the result is not closed; like `kernel.bpf_stats_enabled`, but it ends with us
 * in any case.
 */
export function countRunTimes(): Disposable {
  const fd = bpfSyscall(BPF_ENABLE_STATS, new DataView(new ArrayBuffer(4)), 4);
  if (fd < 0) throw new Error(`the kernel does not count run times: ${errnoName(fd)}`);
  return { [Symbol.dispose]: () => closeSync(fd) };
}

/** Sum over the programs of a process. */
export interface ProgramTimes {
  readonly nanoseconds: number;
  readonly runs: number;
}

/** Reads /proc/PID/fdinfo, where the kernel shows programs with their counts (kernel/bpf/syscall.c). */
export function programTimes(pid: number): ProgramTimes {
  const programs = new Map<string, ProgramTimes>();
  for (const fd of readdirSync(`/proc/${pid}/fdinfo`)) {
    const fields = fieldsOf(readOrNothing(`/proc/${pid}/fdinfo/${fd}`));
    const id = fields.get("prog_id");
    // A link shows the id of its program too, without times.
    if (id !== undefined && fields.has("run_cnt"))
      programs.set(id, { nanoseconds: Number(fields.get("run_time_ns")), runs: Number(fields.get("run_cnt")) });
  }
  const all = [...programs.values()];
  return {
    nanoseconds: all.reduce((sum, program) => sum + program.nanoseconds, 0),
    runs: all.reduce((sum, program) => sum + program.runs, 0),
  };
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // closed meanwhile
  }
}

function fieldsOf(text: string): ReadonlyMap<string, string> {
  return new Map([...text.matchAll(/^(\w+):\s*(\S+)$/gm)].map((match) => [match[1]!, match[2]!]));
}
