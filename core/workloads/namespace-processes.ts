/** Which processes are in which network namespace, from /proc, read a slice at a time. */
import { readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { Clocks } from "./time-budget.ts";

/** Time between two readings of /proc at least, and how many times longer than the last reading it is. */
const minPauseNs = 100_000_000n;
const pausePerReading = 50n;
/** Processes that are remembered of a namespace: those with the lowest ids, mostly the first ones. */
const maxPerNamespace = 16;
/** The clock is read after so many processes. */
const perCheck = 32;

interface Members {
  reading: number;
  readonly pids: number[];
}

/** Where /proc is, and by which clocks time is measured. */
export interface ProcessSource extends Clocks {
  readonly proc: string;
  /** Namespace that is left out. */
  readonly except: number | undefined;
}

/** Processes by namespace. The newest are read first: namespaces that are looked for are mostly new. */
export class NamespaceProcesses {
  readonly #source: ProcessSource;
  readonly #members = new Map<number, Members>();
  #reading = 0;
  /** Still to be read, the newest last. */
  #left: number[] = [];
  #spent = 0n;
  #nextAt = 0n;

  constructor(source: ProcessSource) {
    this.#source = source;
  }

  /** Ids of processes that are in the namespace now, among those that were found so far; the lowest first. */
  in(inode: number): readonly number[] {
    return (this.#members.get(inode)?.pids ?? []).filter((pid) => this.isIn(pid, inode)).sort((a, b) => a - b);
  }

  isIn(pid: number, inode: number): boolean {
    return this.#namespaceOf(pid) === inode;
  }

  /**
   * Reads on for about `budgetNs` nanoseconds, unless /proc was read just now.
   * @returns whether anything was read
   */
  readOn(budgetNs: bigint): boolean {
    const { now, worked } = this.#source;
    const workedBefore = worked();
    if (this.#left.length === 0 && !this.#begin(now())) return false;
    let spent = 0n;
    while (this.#left.length > 0 && spent < budgetNs) {
      for (let i = 0; i < perCheck; i++) this.#readNext();
      spent = worked() - workedBefore;
    }
    this.#spent += spent;
    if (this.#left.length === 0) this.#end(now());
    return true;
  }

  #begin(now: bigint): boolean {
    if (now < this.#nextAt) return false;
    this.#reading++;
    this.#spent = 0n;
    const pids = entries(this.#source.proc).filter((name) => /^\d+$/.test(name));
    this.#left = pids.map(Number).sort((a, b) => a - b);
    return true;
  }

  #readNext(): void {
    const pid = this.#left.pop();
    const inode = pid === undefined ? undefined : this.#namespaceOf(pid);
    if (pid === undefined || inode === undefined || inode === this.#source.except) return;
    const known = this.#members.get(inode);
    if (known?.reading !== this.#reading) {
      this.#members.set(inode, { reading: this.#reading, pids: [pid] });
      return;
    }
    known.pids.push(pid);
    if (known.pids.length > maxPerNamespace) known.pids.shift();
  }

  #end(now: bigint): void {
    for (const [inode, { reading }] of this.#members) if (reading !== this.#reading) this.#members.delete(inode);
    const pause = this.#spent * pausePerReading;
    this.#nextAt = now + (pause > minPauseNs ? pause : minPauseNs);
  }

  #namespaceOf(pid: number): number | undefined {
    return networkNamespaceOf(this.#source.proc, pid);
  }
}

/** Inode number of a process's network namespace; undefined when the process is gone or may not be looked at. */
export function networkNamespaceOf(proc: string, pid: number): number | undefined {
  try {
    const inode = /^net:\[(\d+)\]$/.exec(readlinkSync(join(proc, String(pid), "ns/net")))?.[1];
    return inode === undefined ? undefined : Number(inode);
  } catch {
    return undefined;
  }
}

function entries(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
