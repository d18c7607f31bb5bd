/**
 * Imports collectors in a process of its own, one after the other, and writes what they declare as lines of JSON; before a run it calls
 * their `check` and `setup` too. What one of them does to this process hurts nobody; the process that started it (trial.ts) takes care of
 * those that end it or never come back.
 */
import { writeSync } from "node:fs";
import { reasonOf, TraceError } from "../base/errors.ts";
import { log } from "../base/log.ts";
import { stdoutDescriptor } from "../base/stdout.ts";
import type { Collector } from "../api/collector.ts";
import type { SetupFacts } from "../api/loaded-collector.ts";
import { libc } from "../libbpf/libc.ts";
import { checkCollector } from "./check-collector.ts";
import { describeCollector, type CollectorDescription } from "./describe-collector.ts";
import { admit, callForeign, misdeed, type Owner } from "./foreign-code.ts";
import { importCollector } from "./import-collector.ts";

/** What the child says: that an import begins, how it ended, or that all have. */
export type TrialMessage =
  | { readonly begin: number; readonly what: "import" | "check" | "setup" }
  | { readonly index: number; readonly description: CollectorDescription }
  /** Why the collector cannot be used: an error of ours with its code and hint, or what it did wrong. */
  | { readonly index: number; readonly fault: string; readonly code?: string; readonly hint?: string }
  | { readonly done: true };

/** With what `check` and `setup` are called. */
export interface SetupHost extends SetupFacts {
  /** Of each directory. */
  readonly options: readonly Readonly<Record<string, unknown>>[];
}

const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;
/** Milliseconds in which what an import left behind may fail. */
const afterMs = 20;

/**
 * @param directories of collectors; messages have their indexes
 * @param setup a {@link SetupHost} in JSON: calls `check` and `setup`, too
 */
export async function describeForParent(directories: readonly string[], setup?: string): Promise<number> {
  libc().prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  log.setLineWriter(() => {});
  const exit = process.exit;
  const write = writeSync;
  const { stringify } = JSON;
  let current = 0;
  const send = (message: TrialMessage) => void write(stdoutDescriptor(), `${stringify(message)}\n`);
  const owners = directories.map((directory): Owner => ({ name: directory, directory }));
  for (const owner of owners) admit(owner, { ownsStdout: true });
  const onUncaught = (error: unknown) => {
    const stack = error instanceof Error ? (error.stack ?? "") : "";
    const found = directories.findIndex((directory) => stack.includes(`${directory}/`));
    send({ index: found < 0 ? current : found, fault: `it throws after its import: ${reasonOf(error)}` });
  };
  process.on("uncaughtException", onUncaught);
  process.on("unhandledRejection", onUncaught);
  // An import that waits for nothing that could happen.
  process.on("beforeExit", () => {
    send({ index: current, fault: "its import never ends: it awaits something that cannot happen" });
    exit(1);
  });
  const calls = setup === undefined ? undefined : await setupCalls(JSON.parse(setup));
  for (const [index, owner] of owners.entries()) {
    current = index;
    send({ begin: index, what: "import" });
    const { message, collector } = await tryOne(index, owner);
    if (collector !== undefined && calls !== undefined) calls(index, owner, collector, (what) => send({ begin: index, what }));
    send(message);
  }
  await Bun.sleep(afterMs);
  send({ done: true });
  exit(0);
  return 0;
}

interface Tried {
  readonly message: TrialMessage;
  /** Undefined where it cannot be used. */
  readonly collector?: Collector;
}

async function tryOne(index: number, owner: Owner): Promise<Tried> {
  try {
    const imported = await callForeign(owner, () => importCollector(owner.directory));
    const fault = misdeed();
    if (fault !== undefined) return { message: { index, fault } };
    const collector = callForeign(owner, () => checkCollector(imported, owner.directory));
    const description = callForeign(owner, () => describeCollector(collector));
    return { message: { index, description: asData(description) }, collector };
  } catch (error) {
    const fault = misdeed();
    if (!(error instanceof TraceError)) return { message: { index, fault: fault ?? reasonOf(error) } };
    const { hint } = error.options;
    return { message: { index, fault: error.message, code: error.code, ...(hint !== undefined && { hint }) } };
  }
}

type SetupCalls = (index: number, owner: Owner, collector: Collector, begin: (what: "check" | "setup") => void) => void;

/** What calls `check` and `setup`, with the kernel of this host. What they throw is found again, and reported, where they are called for the run. */
async function setupCalls({ options, kernel: kernelOptions, systemChangesAllowed }: SetupHost): Promise<SetupCalls> {
  const { Kernel } = await import("../kernel/kernel.ts");
  const { createHost } = await import("../probe/collector-host.ts");
  const host = createHost(new Kernel(kernelOptions), systemChangesAllowed);
  return (index, owner, collector, begin) => {
    const own = { ...host };
    const values = options[index] ?? {};
    try {
      begin("check");
      if (callForeign(owner, () => collector.check?.(own, values) ?? { ok: true }).ok !== true) return;
      begin("setup");
      // Reads all of the plan, as the run will.
      callForeign(owner, () => JSON.stringify(collector.setup(own, values), (_, value) => (typeof value === "bigint" ? 0 : value)));
    } catch {
      misdeed();
    }
  };
}

/** @throws Error for what JSON cannot hold */
function asData(description: CollectorDescription): CollectorDescription {
  try {
    return JSON.parse(JSON.stringify(description));
  } catch (error) {
    throw new Error(`what it declares is not data: ${reasonOf(error)}`);
  }
}
