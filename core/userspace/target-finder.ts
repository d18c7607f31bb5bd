/**
 * Finds the targets of requests for user-space probes, now and again while a run goes on: processes end, start anew and load
 * further libraries, and files are replaced.
 */
import { reasonOf } from "../base/errors.ts";
import { withoutControls } from "../base/terminal.ts";
import { type MappedFile, mappedFiles } from "./mapped-files.ts";
import { ProcessList } from "./process-list.ts";
import { isNamed, isProgramNamed, type Process, readProcess } from "./processes.ts";
import { ProgramFile } from "./program-file.ts";
import { programKind, type UserRequest } from "./user-request.ts";
import { functionTargets, staticTargets, type UserTarget } from "./user-target.ts";

/** A program file with something that was requested. The receiver closes the file. */
export interface FoundFile {
  readonly request: UserRequest;
  readonly file: ProgramFile;
  /** Path in the mount namespace of the process. */
  readonly path: string;
  /** The only process meant; all that run the file, also later ones, without. */
  readonly pid: number | undefined;
  readonly targets: readonly UserTarget[];
}

/** What is new since the last look. */
export interface Findings {
  readonly found: readonly FoundFile[];
  /** Processes that were found before and have ended, or execute another program now. */
  readonly ended: readonly number[];
}

/** A file to look into. */
interface Candidate {
  readonly path: string;
  readonly openPaths: readonly string[];
  readonly pid: number | undefined;
}

/** What is in a file: new targets, targets that an earlier look found, or none. */
type Look = FoundFile | "known" | undefined;

interface RequestState {
  readonly request: UserRequest;
  /** File and process of what was found. */
  readonly found: Set<string>;
  /** Processes that what was found serves: there is nothing more to look for in them. */
  readonly served: Set<number>;
  /** Files without any target, so that they are read once only. */
  readonly without: Set<string>;
  /** Why nothing was found so far. */
  problem: string | undefined;
}

/** The libraries of a new process are mapped only by its second look. */
const looks = 2;
/** Files that are remembered as having nothing; further ones are read again. */
const maxKeys = 100_000;

export class TargetFinder {
  readonly #states: readonly RequestState[];
  readonly #list = new ProcessList();
  /** Processes by the last look. */
  readonly #processes = new Map<number, { readonly identity: string; looks: number }>();

  constructor(requests: readonly UserRequest[]) {
    this.#states = requests.map((request) => ({ request, found: new Set(), served: new Set(), without: new Set(), problem: undefined }));
  }

  /** Why nothing was found for a request so far; undefined when something was. */
  problemOf(request: UserRequest): string | undefined {
    const state = this.#states.find((one) => one.request === request);
    return state && state.found.size > 0 ? undefined : (state?.problem ?? "not searched yet");
  }

  /** Looks at all processes that requests may mean. */
  scan(): Findings {
    const kinds = new Set(this.#states.map(({ request }) => programKind(request.program)));
    const bound = this.#boundPids();
    const processes = kinds.has("name") || kinds.has("any") ? this.#list.read(bound) : [...bound].flatMap((pid) => readProcess(pid) ?? []);
    const ended = this.#forgetEnded(processes);
    const found = this.#states.flatMap((state) => this.#scanFor(state, processes));
    for (const process of processes) this.#noteLook(process);
    return { found, ended };
  }

  /** Processes that were requested by their id, or that something was found in for them alone. */
  #boundPids(): ReadonlySet<number> {
    const requested = this.#states.filter(({ request }) => programKind(request.program) === "pid");
    const found = this.#states.flatMap((state) => [...state.found]).map((key) => Number(/ @(\d+)$/.exec(key)?.[1]));
    return new Set([...requested.map(({ request }) => Number(request.program)), ...found.filter(Number.isInteger)]);
  }

  #forgetEnded(processes: readonly Process[]): readonly number[] {
    const now = new Map(processes.map(({ pid, identity }) => [pid, identity]));
    const ended = [...this.#processes].filter(([pid, { identity }]) => now.get(pid) !== identity).map(([pid]) => pid);
    for (const pid of ended) {
      this.#processes.delete(pid);
      for (const { found, served } of this.#states) {
        served.delete(pid);
        for (const key of found) if (key.endsWith(` @${pid}`)) found.delete(key);
      }
    }
    return ended;
  }

  #noteLook({ pid, identity }: Process): void {
    const known = this.#processes.get(pid);
    if (known) known.looks++;
    else this.#processes.set(pid, { identity, looks: 1 });
  }

  #scanFor(state: RequestState, processes: readonly Process[]): readonly FoundFile[] {
    const { program } = state.request;
    switch (programKind(program)) {
      case "path":
        return newOnes(this.#look(state, { path: program, openPaths: [program], pid: undefined }));
      case "pid": {
        const process = processes.find(({ pid }) => pid === Number(program));
        if (!process) state.problem = `no process ${program}`;
        return process ? this.#lookAtProcess(state, process, false) : [];
      }
      case "name": {
        const named = processes.filter((process) => isNamed(process, program));
        if (named.length === 0) state.problem = `no running process is called ${program}`;
        return named.flatMap((process) => this.#lookAtProcess(state, process, isProgramNamed(process, program)));
      }
      case "any": {
        const unknown = processes.filter(({ pid }) => (this.#processes.get(pid)?.looks ?? 0) < looks);
        const found = unknown.flatMap(({ pid }) =>
          mappedFiles(pid).flatMap((mapped) => newOnes(this.#lookAtMapped(state, mapped, undefined))),
        );
        state.problem = "no running program has such a probe";
        return found;
      }
    }
  }

  /**
   * The process's program, then its libraries: the first file that has a target is the one that is meant.
   * @param everywhere the program is what was named, so all processes that run it are meant, children and later ones too
   */
  #lookAtProcess(state: RequestState, { pid, program }: Process, everywhere: boolean): readonly FoundFile[] {
    if (state.served.has(pid)) return [];
    const inProgram = this.#look(state, { path: program, openPaths: [`/proc/${pid}/exe`], pid: everywhere ? undefined : pid });
    if (inProgram !== undefined) {
      state.served.add(pid);
      return newOnes(inProgram);
    }
    const { problem } = state;
    for (const mapped of mappedFiles(pid)) {
      const inLibrary = this.#lookAtMapped(state, mapped, pid);
      if (inLibrary === undefined) continue;
      state.served.add(pid);
      return newOnes(inLibrary);
    }
    // What libraries lack says less than what the program lacks.
    state.problem = problem;
    return [];
  }

  #lookAtMapped(state: RequestState, { key, path, openPaths }: MappedFile, pid: number | undefined): Look {
    if (state.without.has(key)) return undefined;
    const found = this.#look(state, { path, openPaths, pid });
    if (found === undefined) remember(state.without, key);
    return found;
  }

  #look(state: RequestState, { path, openPaths, pid }: Candidate): Look {
    const { request } = state;
    const file = openAny(openPaths);
    if (!(file instanceof ProgramFile)) {
      // A process that ended a moment ago says nothing about the others.
      state.problem ??= `${withoutControls(path)} cannot be opened: ${withoutControls(file)}`;
      return undefined;
    }
    const key = `${file.identity} @${pid ?? "all"}`;
    const known = state.found.has(key);
    const targets = known || state.without.has(file.identity) ? [] : this.#targetsOf(state, file, path);
    if (targets.length > 0) {
      state.found.add(key);
      return { request, file, path, pid, targets };
    }
    if (!known) remember(state.without, file.identity);
    file.close();
    return known ? "known" : undefined;
  }

  #targetsOf(state: RequestState, file: ProgramFile, path: string): readonly UserTarget[] {
    const { type, target } = state.request;
    try {
      const targets = type === "usdt" ? staticTargets(file, target) : functionTargets(file, target);
      if (targets.length === 0)
        state.problem = `${withoutControls(path)} has no ${type === "usdt" ? "static probe" : "function"} ${target}`;
      return targets;
    } catch (error) {
      state.problem = `${withoutControls(path)} cannot be probed: ${reasonOf(error)}`;
      return [];
    }
  }
}

function newOnes(look: Look): readonly FoundFile[] {
  return look === undefined || look === "known" ? [] : [look];
}

function remember(keys: Set<string>, key: string): void {
  if (keys.size < maxKeys) keys.add(key);
}

/** The first path that can be opened, or why none can. */
function openAny(paths: readonly string[]): ProgramFile | string {
  let reason = "it has no path";
  for (const path of paths) {
    try {
      return new ProgramFile(path);
    } catch (error) {
      reason = reasonOf(error);
    }
  }
  return reason;
}
