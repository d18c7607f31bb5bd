/** What the option parser rejects, as one of our own errors. */
import type { CommanderError } from "commander";
import {
  internalError,
  invalidOption,
  missingArgument,
  missingOption,
  missingValue,
  tooManyArguments,
  type TraceError,
  unknownOption,
} from "../base/errors.ts";
import { excessHint, unknownOptionHint, type WrongUsage } from "./usage-hint.ts";

/** Commander's codes; each message quotes the flags or the name that it is about. */
const errors: Readonly<Record<string, (message: string, usage: WrongUsage | undefined) => TraceError>> = {
  "commander.unknownOption": (message, usage) => unknownOption(quotedIn(message), usage && unknownOptionHint(quotedIn(message), usage)),
  "commander.optionMissingArgument": (message) => missingValue(flagIn(message)),
  "commander.missingMandatoryOptionValue": (message) => missingOption(flagIn(message)),
  "commander.missingArgument": (message) => missingArgument(quotedIn(message)),
  "commander.excessArguments": (message, usage) =>
    tooManyArguments(/Expected (.*?)\.?$/s.exec(message)?.[1]?.replace(/^/, "expected ") ?? message, usage && excessHint(usage)),
  "commander.invalidArgument": (message) => invalidOption(flagIn(message), valueIn(message), choicesIn(message)),
};

/** The error for a command line that Commander rejects; hints need to know the command line. */
export function commandLineError(error: CommanderError, usage?: WrongUsage): TraceError {
  return errors[error.code]?.(error.message, usage) ?? internalError(error);
}

function quotedIn(message: string): string {
  return /'([^']*)'/.exec(message)?.[1] ?? message;
}

/** The long name of the option of flags such as `'-o, --out <file>'`. */
function flagIn(message: string): string {
  const flags = quotedIn(message);
  return /--[\w-]+/.exec(flags)?.[0] ?? flags;
}

function valueIn(message: string): string {
  return /argument '(.*?)' is invalid/s.exec(message)?.[1] ?? "";
}

function choicesIn(message: string): string {
  const choices = /Allowed choices are (.*)\.$/s.exec(message)?.[1];
  return choices === undefined ? message : `possible values: ${choices}`;
}
