import { stdoutDescriptor } from "../base/stdout.ts";
import { streamOf } from "../base/terminal.ts";
import { stdoutColumns, wrapLines } from "../base/wrap-lines.ts";
import { TextOutput } from "../output/text-output.ts";

/** Writes an answer for people like {@link writeAnswer}; on a terminal its lines fit the width. */
export function writeTextAnswer(text: string): void {
  writeAnswer(wrapLines(text, stdoutColumns(streamOf(stdoutDescriptor()).isTTY === true)));
}

/**
 * Writes the whole answer of a command to stdout. A reader that has gone away (`| head`) has seen what it wanted: that
 * is not an error. Throws OUTPUT when it cannot be written, e.g. to a full disk.
 */
export function writeAnswer(text: string): void {
  const output = new TextOutput(stdoutDescriptor());
  output.add(text);
  const status = output.flush();
  if (typeof status !== "string") throw status;
}
