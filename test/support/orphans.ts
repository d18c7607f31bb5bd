/** Finds processes that outlive the one that started them: for a while, this process inherits them. */
import { dlopen } from "bun:ffi";
import { readdirSync, readFileSync } from "node:fs";

const { symbols: libc } = dlopen("libc.so.6", { prctl: { args: ["i32", "u64"], returns: "i32" } });
/** include/uapi/linux/prctl.h */
const PR_SET_CHILD_SUBREAPER = 36;

/** Makes orphans of our children and their children ours, instead of those of init, or no longer. */
export function inheritOrphans(on: boolean): void {
  libc.prctl(PR_SET_CHILD_SUBREAPER, on ? 1 : 0);
}

/** A running process; zombies are none. */
export interface RunningProcess {
  readonly pid: number;
  readonly command: string;
}

/** Children of this process, and theirs, that have not ended. */
export function descendants(): readonly RunningProcess[] {
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap(readProcess);
  const found: RunningProcess[] = [];
  let parents = new Set([process.pid]);
  while (parents.size > 0) {
    const children = processes.filter(({ parent }) => parents.has(parent));
    found.push(...children.filter(({ state }) => state !== "Z" && state !== "X").map(({ pid, command }) => ({ pid, command })));
    parents = new Set(children.map(({ pid }) => pid));
  }
  return found;
}

/** /proc/PID/stat: id, name in parentheses, state, parent (proc_pid_stat(5)). */
function readProcess(pid: string) {
  try {
    const [, command = "", state = "", parent = ""] = /\((.*)\) (\S) (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
    return [{ pid: Number(pid), command, state, parent: Number(parent) }];
  } catch {
    return [];
  }
}
