/** Runs a user's TypeScript file in this process. */
import { reasonOf, scriptFailed, TraceError, unsafeScript } from "../base/errors.ts";
import { describeImportError } from "../base/import-error.ts";
import { log } from "../base/log.ts";
import { importTrusted, trustedNamespace } from "../base/trusted-import.ts";
import { scriptModule, type ScriptInput } from "./script-module.ts";

const eventsModule = "retis/script";

/** Directory of our own code, also in the executable; stack frames in it say nothing to the author of a script. */
const ownDirectory = import.meta.dir.replace(/\/core\/script$/, "");

/**
 * Imports the script, which runs it; with privileges only what no other user could have written. Resolves at its end, while what it started may still go on.
 *
 * @param path absolute
 * @throws what {@link scriptFault} makes of what the script throws
 */
export async function runScript(path: string, input: ScriptInput): Promise<void> {
  const exports = scriptModule(input);
  Bun.plugin({ name: "retis", setup: (build) => void build.module(eventsModule, () => ({ exports, loader: "object" })) });
  process.argv = [process.execPath, path, ...input.args];
  endWhenNobodyReads();
  try {
    await importTrusted(path, { hostModules: [eventsModule], refusal: unsafeScript });
  } catch (error) {
    throw scriptFault(path, error);
  }
}

/** SCRIPT_FAILED with the place in the script; our own errors, e.g. about the input, stay as they are. */
export function scriptFault(path: string, error: unknown): TraceError {
  if (error instanceof TraceError) return error;
  if (error instanceof Error && error.stack !== undefined) log.debug(error.stack);
  return scriptFailed(path, describeImportError(error, describeThrown));
}

function describeThrown(error: unknown): string {
  const name = error instanceof Error && error.name !== "Error" ? `${error.name}: ` : "";
  const place = error instanceof Error ? placeOf(error) : undefined;
  return `it fails${place === undefined ? "" : ` at ${place}`}: ${name}${reasonOf(error)}`;
}

/** `file:line:column` of the innermost frame that is not ours. */
function placeOf({ stack = "" }: Error): string | undefined {
  const frame = new RegExp(`^\\s+at .*?\\(?(?:${trustedNamespace}:)?(/[^()]+:\\d+:\\d+)\\)?$`, "gm");
  const places = [...stack.matchAll(frame)].map((match) => match[1]!);
  return places.find((place) => !place.startsWith(`${ownDirectory}/core/`) && !place.startsWith("/$bunfs/"));
}

/**
 * Gives SIGPIPE its usual effect back, which Bun takes away: a script whose output goes to `head` then ends when `head`
 * does, without a word. `console.log` would otherwise go on writing to nobody until the end of the input.
 */
function endWhenNobodyReads(): void {
  const listener = () => {};
  process.on("SIGPIPE", listener);
  process.off("SIGPIPE", listener);
}
