/** The running processes, read again and again at little cost: on a quiet host most calls read one small file. */
import { readFileSync, readlinkSync } from "node:fs";
import { type Process, processIds, readProcess } from "./processes.ts";

/** A new process may execute another program a moment later, so several looks follow each new process. */
const looksAfterChange = 4;
/** Longest time that a process which executes another program stays unseen when nothing else happens, milliseconds. */
const longestPauseMs = 2000;

export class ProcessList {
  readonly #procDir: string;
  #processes: readonly Process[] = [];
  #newestPid = "";
  #looksLeft = looksAfterChange;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(procDir = "/proc") {
    this.#procDir = procDir;
  }

  /**
   * All processes that run a program.
   * @param checked process ids for which a new process of the same program and id must not be taken for the old one
   */
  read(checked: ReadonlySet<number>): readonly Process[] {
    const newest = this.#readNewestPid();
    if (newest !== this.#newestPid || newest === "") this.#looksLeft = looksAfterChange;
    this.#newestPid = newest;
    const now = performance.now();
    if (this.#looksLeft > 0 || now - this.#readAt >= longestPauseMs) {
      this.#looksLeft--;
      this.#readAt = now;
      this.#processes = this.#readAll(checked);
    } else if (checked.size > 0) {
      this.#processes = this.#processes.flatMap((process) =>
        checked.has(process.pid) ? (readProcess(process.pid, this.#procDir) ?? []) : process,
      );
    }
    return this.#processes;
  }

  #readAll(checked: ReadonlySet<number>): readonly Process[] {
    const known = new Map(this.#processes.map((process) => [process.pid, process]));
    // To probe ourselves would make events of events.
    const others = processIds(this.#procDir).filter((pid) => pid !== process.pid);
    return others.flatMap((pid) => {
      const before = checked.has(pid) ? undefined : known.get(pid);
      return before && this.#runs(before) ? before : (readProcess(pid, this.#procDir) ?? []);
    });
  }

  #runs({ pid, link }: Process): boolean {
    try {
      return readlinkSync(`${this.#procDir}/${pid}/exe`) === link;
    } catch {
      return false;
    }
  }

  /** The last number of /proc/loadavg is the process or thread id that was given out last (proc_loadavg(5)). */
  #readNewestPid(): string {
    try {
      return readFileSync(`${this.#procDir}/loadavg`, "latin1").trim().split(" ").at(-1) ?? "";
    } catch {
      return "";
    }
  }
}
