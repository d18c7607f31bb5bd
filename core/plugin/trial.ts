/**
 * What collectors declare, and whether their `check` and `setup` return, found out without running any of their code in this process. A
 * collector that loops, waits forever or ends its process is named, and the trial goes on with the others.
 */
import { readFileSync } from "node:fs";
import { cleanEnvironment } from "../base/child-environment.ts";
import { faultyPlugin, reasonOf, TraceError } from "../base/errors.ts";
import type { SetupRequest, SetupTrial } from "../api/loaded-collector.ts";
import type { CollectorDescription } from "./describe-collector.ts";
import type { SetupHost, TrialMessage } from "./trial-child.ts";

/** How long one import, one `check` or one `setup` may take. */
export interface TrialLimits {
  /** Milliseconds of CPU time. */
  readonly cpuMs: number;
  /** Milliseconds of whatever it waits for. */
  readonly waitMs: number;
}

/** Far more than imports take; on a slow machine, as an emulated one, see {@link Watch.restart}. */
const usualLimits: TrialLimits = { cpuMs: 2000, waitMs: 5000 };
/** Until the process has started, on a machine that has other things to do. */
const startMs = 60_000;
const lookMs = 100;
/** An import compiles TypeScript, which takes a slow machine as long as the start of the program. */
const startCpuTimes = 4;
/** In a second, of /proc/PID/stat (proc_pid_stat(5)): USER_HZ, the same on all architectures. */
const ticks = 100;

/** What a collector declares, or why it cannot be used. */
export type TrialResult = CollectorDescription | TraceError;

/**
 * @param command starts this program; what follows makes it import the directories
 * @param directories checked already, absolute
 * @returns a result for each directory
 */
export async function tryCollectors(
  command: readonly string[],
  directories: readonly string[],
  limits = usualLimits,
): Promise<readonly TrialResult[]> {
  const results = new Map<string, TrialResult>();
  let reason = "the process that imports it said nothing";
  try {
    await tryEach(directories, (open) => runChild([...command, ...open], open, limits, results));
  } catch (error) {
    reason = reasonOf(error);
  }
  return directories.map((directory) => results.get(directory) ?? faultyPlugin(directory, `it cannot be examined: ${reason}`));
}

/**
 * @param command as of {@link tryCollectors}; with `--setup JSON` after it (a {@link SetupHost}) the process calls `check` and `setup` too
 * @returns what finds the collectors that do not return, or end the process. What others throw or return is for those who call them.
 */
export function setupTrial(command: readonly string[], limits = usualLimits): SetupTrial {
  return async (requests, facts, signal) => {
    const endings = new Map<string, string>();
    const run = async (open: readonly SetupRequest[]) => {
      const host: SetupHost = { ...facts, options: open.map(({ options }) => options) };
      const directories = open.map(({ directory }) => directory);
      const ended = await runChild([...command, "--setup", JSON.stringify(host), ...directories], directories, limits, new Map(), signal);
      if (ended.culprit !== undefined) endings.set(directories[ended.culprit]!, ended.reason);
      return ended;
    };
    await tryEach(requests, run);
    return endings;
  };
}

/** Tries them in one process, then those that come after one that ended it in another. */
async function tryEach<T>(all: readonly T[], run: (open: readonly T[]) => Promise<Ended>): Promise<void> {
  let open = all;
  while (open.length > 0) {
    const { culprit } = await run(open);
    if (culprit === undefined) return;
    open = open.slice(culprit + 1);
  }
}

/** Index of the collector that ended the process, and how; what follows it was not tried. */
type Ended = { readonly culprit: undefined } | { readonly culprit: number; readonly reason: string };

async function runChild(
  command: readonly string[],
  directories: readonly string[],
  limits: TrialLimits,
  results: Map<string, TrialResult>,
  signal?: AbortSignal,
): Promise<Ended> {
  const child = Bun.spawn([...command], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "ignore",
    env: cleanEnvironment,
  });
  const watch = new Watch(child.pid, limits);
  const timer = setInterval(() => watch.expired() && child.kill("SIGKILL"), lookMs);
  const stop = () => child.kill("SIGKILL");
  signal?.addEventListener("abort", stop);
  let current = -1;
  let done = false;
  try {
    for await (const message of messagesOf(child.stdout)) {
      if ("begin" in message) {
        current = message.begin;
        watch.restart(message.what);
      } else if ("done" in message) {
        done = true;
        break;
      } else {
        const directory = directories[message.index];
        if (directory === undefined) continue;
        results.set(directory, "description" in message ? message.description : faultOf(directory, message));
      }
    }
  } finally {
    clearInterval(timer);
    signal?.removeEventListener("abort", stop);
    child.kill("SIGKILL");
  }
  await child.exited;
  const directory = directories[current];
  if (done || directory === undefined || signal?.aborted) return { culprit: undefined };
  const reason = watch.reason ?? endOf(watch.what, child);
  if (!results.has(directory)) results.set(directory, faultyPlugin(directory, reason));
  return { culprit: current, reason };
}

function faultOf(directory: string, { fault, code, hint }: Extract<TrialMessage, { fault: string }>): TraceError {
  return code === undefined ? faultyPlugin(directory, fault) : new TraceError(code, fault, { hint });
}

type Exit = { readonly exitCode: number | null; readonly signalCode: string | number | null };

function endOf(what: string, { exitCode, signalCode }: Exit): string {
  const when = what === "import" ? "when imported" : `in its ${what}`;
  return `it ends the process ${when} (${signalCode ?? `status ${exitCode}`})`;
}

async function* messagesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<TrialMessage> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield* messageOf(line);
  }
}

/** A line that is not a message came from elsewhere. */
function messageOf(line: string): readonly TrialMessage[] {
  try {
    return [JSON.parse(line) as TrialMessage];
  } catch {
    return [];
  }
}

/** Whether what a collector does takes too long: on a busy machine it may take long for having no CPU, which is neither computing nor waiting. */
class Watch {
  #lookedAt = performance.now();
  #waitedMs = 0;
  #cpu = 0;
  /** CPU time that the process needed to start: it says how slow the machine is. */
  #startCpu: number | undefined;
  #limits: TrialLimits;
  /** What took too long. */
  reason: string | undefined;
  what = "import";

  constructor(
    private readonly pid: number,
    private readonly eachImport: TrialLimits,
  ) {
    this.#limits = { cpuMs: startMs, waitMs: startMs };
  }

  /** An import or a call begins. It may take several times what starting this program took, if that is more than the limit. */
  restart(what: string): void {
    this.what = what;
    this.#lookedAt = performance.now();
    this.#waitedMs = 0;
    this.#cpu = this.#look().cpuMs;
    this.#startCpu ??= this.#cpu;
    const { cpuMs, waitMs } = this.eachImport;
    this.#limits = { cpuMs: Math.max(cpuMs, startCpuTimes * this.#startCpu), waitMs };
  }

  expired(): boolean {
    const { cpuMs, waitMs } = this.#limits;
    const now = performance.now();
    const state = this.#look();
    if (!state.runs) this.#waitedMs += now - this.#lookedAt;
    this.#lookedAt = now;
    if (state.cpuMs - this.#cpu > cpuMs) this.reason = `its ${this.what} never ends: it computed for ${Math.round(cpuMs)} ms`;
    else if (this.#waitedMs > waitMs) this.reason = `its ${this.what} never ends: it waited for ${waitMs} ms`;
    return this.reason !== undefined;
  }

  /** CPU time, and whether the process runs or would if it had a CPU; of one that has ended what was known. */
  #look(): { readonly runs: boolean; readonly cpuMs: number } {
    let stat: string;
    try {
      stat = readFileSync(`/proc/${this.pid}/stat`, "latin1");
    } catch {
      return { runs: true, cpuMs: this.#cpu };
    }
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { runs: fields[0] === "R", cpuMs: ((Number(fields[11]) + Number(fields[12])) * 1000) / ticks };
  }
}
