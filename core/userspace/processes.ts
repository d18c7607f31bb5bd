/** Running processes, by what /proc says of them. Source: proc_pid_stat(5), proc_pid_exe(5). */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";

export interface Process {
  readonly pid: number;
  /** As `ps` shows it, at most 15 characters (`comm`). */
  readonly name: string;
  /** Path of its program, in its own mount namespace, without the mark of a deleted file. */
  readonly program: string;
  /** The same as the kernel shows it. */
  readonly link: string;
  /** Changes when the pid is reused or the process executes another program. */
  readonly identity: string;
}

/** The kernel keeps 15 characters of a process's name (TASK_COMM_LEN). */
const maxNameLength = 15;
/** Fields of /proc/PID/stat after the name: the start time in clock ticks is the 22nd of all. */
const startTimeField = 19;

/** Process ids, in no order; thread ids are not among them. */
export function processIds(procDir = "/proc"): readonly number[] {
  return readdirSync(procDir)
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number);
}

/** Undefined for a process that has ended, and for kernel threads, which have no program. */
export function readProcess(pid: number, procDir = "/proc"): Process | undefined {
  try {
    const link = readlinkSync(`${procDir}/${pid}/exe`);
    // The name is in parentheses, and may contain some itself.
    const stat = readFileSync(`${procDir}/${pid}/stat`, "utf8");
    const nameEnd = stat.lastIndexOf(")");
    const name = stat.slice(stat.indexOf("(") + 1, nameEnd);
    const started = stat.slice(nameEnd + 2).split(" ")[startTimeField] ?? "";
    return { pid, name, program: link.replace(/ \(deleted\)$/, ""), link, identity: `${pid} ${started} ${link}` };
  } catch {
    return undefined;
  }
}

/** Whether a process is meant by a name: the one that `ps` shows, or the file name of its program. */
export function isNamed(process: Process, name: string): boolean {
  return isProgramNamed(process, name) || process.name === name.slice(0, maxNameLength);
}

/** Whether the file name of the process's program is this name. */
export function isProgramNamed({ program }: Process, name: string): boolean {
  return basename(program) === name;
}
