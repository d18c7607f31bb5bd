/** How a failure is shown to the person, and which exit status it gives. */
import { CommanderError } from "commander";
import { reasonOf, TraceError } from "../base/errors.ts";

/** Exit status of wrong usage; any other failure gives 1. */
const usageStatus = 2;

/** A chain of causes can be circular. */
const deepestChain = 10;

export interface FailureReport {
  /** Text for stderr, newline at the end; empty when nothing is wrong. */
  readonly text: string;
  readonly status: number;
}

/** Where a failure happened, and how much is to be told about it. */
export interface FailureContext {
  /** Usage line of the command that was being parsed, shown when it was used wrongly. */
  readonly usage: string;
  /** Show where in the program a fault of ours was found. */
  readonly verbose: boolean;
}

/** Describes a failure. */
export function reportError(error: unknown, { usage, verbose }: FailureContext): FailureReport {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return { text: "", status: 0 };
    return { text: usageText(withoutPrefix(error.message), undefined, usage), status: usageStatus };
  }
  if (!(error instanceof TraceError)) return { text: faultText(error, verbose), status: 1 };
  if (error.options.exitCode === usageStatus) {
    return { text: usageText(error.message, error.options.hint, usage), status: usageStatus };
  }
  return { text: runtimeText(error), status: 1 };
}

function withoutPrefix(message: string): string {
  return message.replace(/^error: /, "");
}

function usageText(message: string, hint: string | undefined, usage: string): string {
  return `error: ${message}\n${hintLine(hint)}\nUsage: ${usage}\n\nFor more information, try '--help'.\n`;
}

function runtimeText(error: TraceError): string {
  return `Error: ${error.message}\n${causesText(error)}${hintLine(error.options.hint)}`;
}

/** Anything that is not a TraceError was not foreseen: a fault of ours. */
function faultText(error: unknown, verbose: boolean): string {
  const stack = verbose && error instanceof Error ? `${error.stack}\n` : "";
  const hint = "This is a fault in retis; please report it with what --log-level debug shows";
  return `Error: ${reasonOf(error)}\n${causesText(error)}${stack}${hintLine(hint)}`;
}

function hintLine(hint: string | undefined): string {
  return hint === undefined ? "" : `Hint: ${hint}\n`;
}

/** The chain of causes; those that a message before them already told are left out. */
function causesText(error: unknown): string {
  const told = [reasonOf(error)];
  for (let cause = causeOf(error), depth = 0; cause !== undefined && depth < deepestChain; cause = causeOf(cause), depth++) {
    const reason = reasonOf(cause);
    const code = (cause as { code?: unknown } | null)?.code;
    const key = typeof code === "string" ? code : reason; // An errno name says all that a system error has to say.
    if (!told.some((text) => text.includes(key))) told.push(reason);
  }
  const causes = told.slice(1);
  if (causes.length === 0) return "";
  const lines = causes.map((cause, index) => (causes.length === 1 ? `    ${cause}` : `    ${index}: ${cause}`));
  return `\nCaused by:\n${lines.join("\n")}\n`;
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}
