/**
 * Imports collectors in a process of its own, one after the other, and writes what they declare as lines of JSON. What one of them does
 * to this process hurts nobody; the process that started it (trial.ts) takes care of those that end it or never come back.
 */
import { writeSync } from "node:fs";
import { reasonOf, TraceError } from "../base/errors.ts";
import { log } from "../base/log.ts";
import { stdoutDescriptor } from "../base/stdout.ts";
import { libc } from "../libbpf/libc.ts";
import { checkCollector } from "./check-collector.ts";
import { describeCollector, type CollectorDescription } from "./describe-collector.ts";
import { admit, callForeign, misdeed, type Owner } from "./foreign-code.ts";
import { importCollector } from "./import-collector.ts";

/** What the child says: that an import begins, how it ended, or that all have. */
export type TrialMessage =
  | { readonly begin: number }
  | { readonly index: number; readonly description: CollectorDescription }
  /** Why the collector cannot be used: an error of ours with its code and hint, or what it did wrong. */
  | { readonly index: number; readonly fault: string; readonly code?: string; readonly hint?: string }
  | { readonly done: true };

const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;
/** Milliseconds in which what an import left behind may fail. */
const afterMs = 20;

/** @param directories of collectors; messages have their indexes */
export async function describeForParent(directories: readonly string[]): Promise<number> {
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
  for (const [index, owner] of owners.entries()) {
    current = index;
    send({ begin: index });
    send(await tryOne(index, owner));
  }
  await Bun.sleep(afterMs);
  send({ done: true });
  exit(0);
  return 0;
}

async function tryOne(index: number, owner: Owner): Promise<TrialMessage> {
  try {
    const imported = await callForeign(owner, () => importCollector(owner.directory));
    const fault = misdeed();
    if (fault !== undefined) return { index, fault };
    const description = callForeign(owner, () => describeCollector(checkCollector(imported, owner.directory)));
    return { index, description: asData(description) };
  } catch (error) {
    const fault = misdeed();
    if (!(error instanceof TraceError)) return { index, fault: fault ?? reasonOf(error) };
    const { hint } = error.options;
    return { index, fault: error.message, code: error.code, ...(hint !== undefined && { hint }) };
  }
}

/** @throws Error for what JSON cannot hold */
function asData(description: CollectorDescription): CollectorDescription {
  try {
    return JSON.parse(JSON.stringify(description));
  } catch (error) {
    throw new Error(`what it declares is not data: ${reasonOf(error)}`);
  }
}
