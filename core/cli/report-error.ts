/** How a failure is shown to the user, and which exit status it gives. */
import { CommanderError } from "commander";
import { describeError, internalError, reasonOf, TraceError } from "../base/errors.ts";
import { withLinesOnly } from "../base/terminal.ts";
import { commandLineError } from "./command-line-error.ts";
import type { WrongUsage } from "./usage-hint.ts";

/** Exit status of wrong usage; any other failure gives 1. */
const usageStatus = 2;

/** A chain of causes can be circular. */
const deepestChain = 10;

export interface FailureReport {
  /** Text for stderr, newline at the end; empty when nothing is wrong. */
  readonly text: string;
  readonly status: number;
}

/** Where a failure happened, and how much of it is shown. */
export interface FailureContext {
  /** Usage line of the command that was being parsed, shown when it was used wrongly. */
  readonly usage: string;
  /** The command line, for hints. */
  readonly wrong?: WrongUsage;
  /** Show where in the program a defect of ours was found. */
  readonly verbose: boolean;
}

/** Describes a failure. */
export function reportError(thrown: unknown, { usage, wrong, verbose }: FailureContext): FailureReport {
  if (thrown instanceof CommanderError && thrown.exitCode === 0) return { text: "", status: 0 };
  const error = asTraceError(thrown, wrong);
  const { hint, exitCode = 1 } = error.options;
  const tail = exitCode === usageStatus ? `\nUsage: ${usage}\n\nFor more information, try '--help'.\n` : "";
  const stack = verbose && error.code === "INTERNAL" ? stackText(error.cause) : "";
  const text = `error: ${describeError(error)}\n${causesText(error)}${stack}${hintLine(hint)}${tail}`;
  return { text: withLinesOnly(text), status: exitCode };
}

function asTraceError(thrown: unknown, wrong: WrongUsage | undefined): TraceError {
  if (thrown instanceof CommanderError) return commandLineError(thrown, wrong);
  return thrown instanceof TraceError ? thrown : internalError(thrown);
}

function stackText(cause: unknown): string {
  return cause instanceof Error ? `${cause.stack}\n` : "";
}

function hintLine(hint: string | undefined): string {
  return hint === undefined ? "" : `hint: ${hint}\n`;
}

/** The chain of causes, without those whose reason the error before them already has. */
function causesText(error: unknown): string {
  const shown = [reasonOf(error)];
  for (let cause = causeOf(error), depth = 0; cause !== undefined && depth < deepestChain; cause = causeOf(cause), depth++) {
    const reason = reasonOf(cause);
    const code = (cause as { code?: unknown } | null)?.code;
    const key = typeof code === "string" ? code : reason; // An errno name says all that a system error has to say.
    if (!shown.some((text) => text.includes(key))) shown.push(reason);
  }
  const causes = shown.slice(1);
  if (causes.length === 0) return "";
  const lines = causes.map((cause, index) => (causes.length === 1 ? `    ${cause}` : `    ${index}: ${cause}`));
  return `\nCaused by:\n${lines.join("\n")}\n`;
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}
