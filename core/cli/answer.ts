import { stdoutDescriptor } from "../base/stdout.ts";
import { jsonForTerminal, streamOf, withLinesAndColours, withLinesOnly } from "../base/terminal.ts";
import { stdoutColumns, wrapLines } from "../base/wrap-lines.ts";
import { TextOutput } from "../output/text-output.ts";

/** Writes an answer for people like {@link writeAnswer}, with colours of our own; on a terminal its lines fit the width. */
export function writeTextAnswer(text: string): void {
  writeExactAnswer(withLinesAndColours(wrapLines(text, stdoutColumns(isTerminal()))));
}

/** Like {@link writeExactAnswer}; control characters, which names of the traced machine or of a file may hold, are escaped. */
export function writeAnswer(text: string): void {
  writeExactAnswer(withLinesOnly(text));
}

/** Like {@link writeExactAnswer}; on a terminal what could control it is escaped in JSON's own way. */
export function writeJsonAnswer(json: string): void {
  writeExactAnswer(isTerminal() ? jsonForTerminal(json) : json);
}

/**
 * Writes the whole answer of a command to stdout. A reader that has gone away (`| head`) has seen what it wanted: that
 * is not an error. Throws OUTPUT when it cannot be written, e.g. to a full disk.
 */
export function writeExactAnswer(text: string): void {
  const output = new TextOutput(stdoutDescriptor());
  output.add(text);
  const status = output.flush();
  if (typeof status !== "string") throw status;
}

function isTerminal(): boolean {
  return streamOf(stdoutDescriptor()).isTTY === true;
}
