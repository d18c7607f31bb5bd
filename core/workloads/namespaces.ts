/** What network namespaces belong to. */
import { readFileSync } from "node:fs";
import type { OpenNamespace } from "../api/host.ts";
import type { NamespaceIdentity, NamespaceWorkload, Workload } from "../api/workload.ts";
import type { NamespaceProcesses } from "./namespace-processes.ts";
import { pauseAfter } from "./pauses.ts";
import type { TimeBudget } from "./time-budget.ts";
import type { FoundWorkload, Workloads } from "./workloads.ts";

const maxNamespaces = 8192;
/** Longest reading of /proc for one lookup. */
const readingNs = 20_000_000n;
const nsPerMs = 1_000_000;
const none: NamespaceWorkload = {};
/** Units that are only about who started a process. */
const isSession = /^(?:session-\w+\.scope|user@\d+\.service|init\.scope)$/;

interface Known {
  readonly workload: NamespaceWorkload;
  /** From when to when the inode number was this namespace's for certain. */
  readonly since: bigint;
  until: bigint;
  /** Undefined when none was found. */
  readonly pid: number | undefined;
  readonly tries: number;
  /** A number: comparing one with a bigint takes long. */
  readonly lookAgainAt: number;
}

/** What is looked at; tests have their own. */
export interface NamespaceSource {
  readonly processes: Pick<NamespaceProcesses, "in" | "isIn" | "readOn">;
  readonly workloads: Pick<Workloads, "findOfProcess">;
  readonly budget: Pick<TimeBudget, "spend">;
  readonly now: () => bigint;
  readonly proc: string;
  /** The initial namespace, which belongs to nothing. */
  readonly initial: number | undefined;
  readonly openNamespace: (path: string) => OpenNamespace | undefined;
}

/**
 * Remembers what namespaces belong to, by cookie; on kernels without cookies by inode number, for as long as a process was seen
 * in the namespace. Each is looked up again after a while: files of containers come late, and processes come and go.
 */
export class Namespaces {
  readonly #source: NamespaceSource;
  readonly #known = new Map<number | bigint, Known>();
  /** The kernel reports them to processes (Linux 5.14), and namespaces can be entered for that. */
  #seesCookies = true;

  constructor(source: NamespaceSource) {
    this.#source = source;
  }

  find({ inode, cookie, time }: NamespaceIdentity): NamespaceWorkload {
    if (inode === this.#source.initial) return none;
    return cookie === 0 || !this.#seesCookies ? this.#findByInode(inode, time) : this.#findByCookie(inode, cookie, time);
  }

  #findByCookie(inode: number, cookie: number | bigint, time: number | bigint): NamespaceWorkload {
    const known = this.#known.get(cookie);
    if (known !== undefined && time < known.lookAgainAt) return known.workload;
    return (this.#source.budget.spend((now) => this.#lookUp(inode, cookie, known, now)) ?? known)?.workload ?? none;
  }

  #findByInode(inode: number, time: number | bigint): NamespaceWorkload {
    const known = this.#known.get(inode);
    if (known !== undefined && time < known.lookAgainAt) {
      if (known.pid === undefined || time < known.since) return none;
      if (time <= known.until || this.#isStill(known, inode)) return known.workload;
    }
    const found = this.#source.budget.spend((now) => this.#lookUp(inode, 0, known, now)) ?? this.#proven(known, inode);
    return found !== undefined && time >= found.since && time <= found.until ? found.workload : none;
  }

  #proven(known: Known | undefined, inode: number): Known | undefined {
    return known?.pid !== undefined && this.#isStill(known, inode) ? known : undefined;
  }

  /** The process that was seen in the namespace is there yet. */
  #isStill(known: Known, inode: number): boolean {
    const now = this.#source.now();
    if (!this.#source.processes.isIn(known.pid!, inode)) return false;
    known.until = now;
    return true;
  }

  #lookUp(inode: number, cookie: number | bigint, before: Known | undefined, now: bigint): Known {
    const found = this.#inspect(inode, cookie) ?? (this.#source.processes.readOn(readingNs) ? this.#inspect(inode, cookie) : undefined);
    const tries = (before?.tries ?? 0) + 1;
    const lookAgainAt = Number(now) + pauseAfter(tries) * nsPerMs;
    // What a cookie identifies keeps the last that was known of it.
    const kept = cookie === 0 ? { ...nobody, since: now } : (before ?? { ...nobody, since: now });
    const isSeenSince = before?.pid !== undefined && before.pid === found?.pid ? { since: before.since } : {};
    const known = { ...kept, ...found, ...isSeenSince, tries, lookAgainAt };
    if (this.#known.size >= maxNamespaces) this.#known.clear();
    this.#known.set(cookie === 0 ? inode : cookie, known);
    return known;
  }

  /** Undefined when no process is found, or it is not proven to be in this namespace. */
  #inspect(inode: number, cookie: number | bigint): Pick<Known, "workload" | "since" | "until" | "pid"> | undefined {
    const pids = this.#source.processes.in(inode);
    const [pid] = pids;
    if (pid === undefined) return undefined;
    using opened = this.#source.openNamespace(`${this.#source.proc}/${pid}/ns/net`);
    if (opened?.inode !== inode) return undefined;
    if (cookie !== 0 && opened.cookie === undefined) this.#seesCookies = false;
    if (cookie !== 0 && opened.cookie !== cookie) return undefined;
    const workload = this.#common(pids);
    // While it is open, the number is not given to another one.
    return { workload, since: opened.since, until: this.#source.now(), pid };
  }

  #common(pids: readonly number[]): NamespaceWorkload {
    const workload = commonWorkload(pids.map((pid) => this.#source.workloads.findOfProcess(pid)));
    const { container, pod, unit } = workload;
    if ((container ?? pod) !== undefined || (unit !== undefined && !isSession.test(unit))) return workload;
    const name = this.#nameOf(pids[0]!);
    return name === undefined ? workload : { ...workload, process: `${name}/${pids[0]}` };
  }

  #nameOf(pid: number): string | undefined {
    try {
      return readFileSync(`${this.#source.proc}/${pid}/comm`, "utf8").trimEnd();
    } catch {
      return undefined;
    }
  }
}

const nobody = { workload: none, until: 0n, pid: undefined };

/** What all have in common; those in containers count, where there are any: others may only look into them. */
function commonWorkload(found: readonly FoundWorkload[]): Workload {
  const all = found.map(({ workload }) => workload);
  const contained = all.filter(({ container, pod }) => (container ?? pod) !== undefined);
  if (contained.length > 0) return { ...common(contained, "container"), ...common(contained, "pod") };
  return common(all, "unit");
}

/** The sandbox of a pod has no container's name. */
function common(workloads: readonly Workload[], key: keyof Workload): Workload {
  const values = new Set(workloads.map((workload) => workload[key]).filter((value) => key !== "container" || value !== undefined));
  const [value] = values;
  return values.size === 1 && value !== undefined ? { [key]: value } : {};
}
