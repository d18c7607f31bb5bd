/**
 * Runs code of third parties in this process. It cannot end the process, keep it from ending, write to stdout or change what
 * JavaScript provides: each of these becomes an error that names the collector.
 */
import { describeError, internalError, reasonOf } from "../base/errors.ts";
import { log } from "../base/log.ts";
import { counted } from "../base/plural.ts";
import { enterForeignCode, leaveForeignCode } from "../signals/stop-signals.ts";
import { Builtins } from "./builtins.ts";
import { divertStdout, strayOutput } from "./stray-output.ts";

/** Whose code it is. */
export interface Owner {
  /** Of the collector, or of its directory until that is known. */
  readonly name: string;
  /** Absolute; stack traces show it. */
  readonly directory: string;
}

/** After so many failures of one function, it is not called any more. */
const failureLimit = 100;

const owners: Owner[] = [];
const failures: Failures[] = [];
let running: Owner | undefined;
/** Something wrote to stdout, and was named. */
let strayReported = false;
let builtins: Builtins | undefined;

/** Code of this collector may run in this process from now on. */
export function admit(owner: Owner, { ownsStdout = false } = {}): void {
  if (!owners.some(({ directory }) => directory === owner.directory)) owners.push(owner);
  if (ownsStdout) divertStdout();
  if (builtins !== undefined) return;
  guardProcess();
  builtins = new Builtins();
}

/** Calls a function of a collector. */
export function callForeign<T>(owner: Owner, act: () => T): T {
  return callOnce(owner, act, []);
}

/** What code that has just run did that it must not do, undone as far as that is possible; undefined: nothing. */
export function misdeed(): string | undefined {
  const changed = builtins?.restore() ?? [];
  if (changed.length > 0) return `it replaces ${changed.slice(0, 3).join(", ")}${changed.length > 3 ? ", …" : ""}`;
  const written = strayOutput();
  strayReported ||= written !== undefined;
  return written === undefined ? undefined : `it writes to stdout, which is for events: ${written}`;
}

/** Calls a function of a collector. @throws Error also when it did what it must not do */
export function callStrictly<T>(owner: Owner, act: () => T): T {
  const result = callForeign(owner, act);
  const fault = misdeed();
  if (fault !== undefined) throw new Error(fault);
  return result;
}

/** Counts the failures of one function of a collector; the first is reported at once, their number at the end of the process. */
export class Failures {
  #count = 0;

  /** @param what what fails, e.g. `plan.lookups.class` */
  constructor(
    private readonly owner: Owner,
    private readonly what: string,
  ) {
    failures.push(this);
  }

  /** Whether the function failed so often that it is not called any more. */
  get exhausted(): boolean {
    return this.#count >= failureLimit;
  }

  count(error: unknown): void {
    if (++this.#count === 1) log.warn(`Collector ${this.owner.name} (${this.owner.directory}): ${this.what} failed: ${reasonOf(error)}`);
  }

  report(): void {
    if (this.#count < 2) return;
    const limit = this.exhausted ? "; it was not called any more then" : "";
    log.warn(`Collector ${this.owner.name}: ${this.what} failed ${counted(this.#count, "time")}${limit}`);
  }
}

/** Calls a function of a collector many times: what it throws is counted, and thrown. */
export function containing<Parameters extends readonly unknown[], Result>(
  owner: Owner,
  what: string,
  act: (...parameters: Parameters) => Result,
  assertResult: (result: unknown) => void,
): (...parameters: Parameters) => Result {
  const counter = new Failures(owner, what);
  let calls = 0;
  return (...parameters) => {
    if (counter.exhausted) throw new Error(`${what} failed too often`);
    try {
      // Looking for misdeeds takes longer than most of these functions.
      const result = ++calls < 4 || calls % 1024 === 0 ? callStrictly(owner, () => act(...parameters)) : callOnce(owner, act, parameters);
      assertResult(result);
      return result;
    } catch (error) {
      counter.count(error);
      throw error;
    }
  };
}

function callOnce<P extends readonly unknown[], R>(owner: Owner, act: (...parameters: P) => R, parameters: P): R {
  const before = running;
  running = owner;
  enterForeignCode(owner);
  try {
    return act(...parameters);
  } finally {
    leaveForeignCode();
    running = before;
  }
}

/** Whose code is running, or has called. */
function responsible(stack = new Error().stack ?? ""): Owner | undefined {
  return running ?? owners.find(({ directory }) => stack.includes(`${directory}/`));
}

type Method = "exit" | "reallyExit" | "abort" | "kill";

function guardProcess(): void {
  const methods = process as unknown as Record<Method, (...args: unknown[]) => unknown>;
  for (const name of ["exit", "reallyExit", "abort", "kill"] as const) {
    const original = methods[name];
    methods[name] = (...args: unknown[]) => {
      if (responsible() !== undefined && (name !== "kill" || endsUs(args))) throw new Error(`it calls process.${name}`);
      return original.apply(process, args);
    };
  }
  guardSignals();
  const exit = process.exit;
  const uncaught = (error: unknown) => {
    const owner = ownerOf(error);
    if (owner !== undefined) log.warn(`Collector ${owner.name} (${owner.directory}): not caught: ${reasonOf(error)}`);
    else if (process.listenerCount("uncaughtException") === 1) {
      log.error(`${describeError(internalError(error))}${error instanceof Error && log.shows("debug") ? `\n${error.stack}` : ""}`);
      exit(1);
    }
  };
  process.on("uncaughtException", uncaught);
  process.on("unhandledRejection", uncaught);
  process.on("exit", reportAtExit);
}

function endsUs([pid, signal]: readonly unknown[]): boolean {
  return signal !== 0 && (pid === process.pid || pid === 0 || pid === -1 || pid === -process.pid);
}

/** Signals are for the one who runs the program: a handler would make it go on. */
function guardSignals(): void {
  const methods = process as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const name of ["on", "once", "addListener"]) {
    const original = methods[name]!;
    methods[name] = (...args: unknown[]) => {
      if (typeof args[0] === "string" && args[0].startsWith("SIG") && responsible() !== undefined) throw new Error(`it handles ${args[0]}`);
      return original.apply(process, args);
    };
  }
}

/** Of an error that nothing caught. What is thrown by our own code is an Error with a stack of ours. */
function ownerOf(error: unknown): Owner | undefined {
  return error instanceof Error ? owners.find(({ directory }) => error.stack?.includes(`${directory}/`)) : owners[0];
}

function reportAtExit(): void {
  for (const each of failures) each.report();
  const wasReported = strayReported;
  const fault = misdeed();
  if (fault !== undefined && !wasReported) log.warn(`Collector ${owners.map(({ name }) => name).join(" or ")}: ${fault}`);
}
