/** Facts about terminals and text that is safe to show on one. */
import { isatty } from "node:tty";

type Environment = Readonly<Record<string, string | undefined>>;

/** What colour and cursor decisions need to know of an output stream. */
export interface OutputStream {
  readonly isTTY?: boolean | undefined;
}

/** The stream of a file descriptor. Unlike touching `process.stdout`, this changes nothing about the descriptor. */
export function streamOf(fd: number): OutputStream {
  return { isTTY: isatty(fd) };
}

/** Whether cursor control works: a terminal that is not `TERM=dumb`. */
export function hasCursorControl(stream: OutputStream, env: Environment = process.env): boolean {
  return stream.isTTY === true && !!env.TERM && env.TERM !== "dumb";
}

/** Whether the locale's character encoding is UTF-8; the first of these that is set and not empty decides (locale(7)). */
export function isUtf8Locale(env: Environment = process.env): boolean {
  return /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || "");
}

/** Control characters of C0 and C1. The colour codes that we make ourselves (`ESC [ … m`) are matched first, and kept. */
const controls = /\u001b\[[0-9;]*m|[\u0000-\u001f\u007f-\u009f]/g;
const unwanted = /[\u0000-\u0009\u000b-\u001a\u001c-\u001f\u007f-\u009f]|\u001b(?!\[[0-9;]*m)/;

/** Whether text holds control characters other than line breaks and colour codes. */
export function hasControls(text: string): boolean {
  return unwanted.test(text);
}

/**
 * Text in which control characters became `\xNN` (`\n` for a line break): names that come from the traced machine must
 * neither move the cursor nor forge a line. Colour codes stay.
 */
export function withoutControls(text: string): string {
  return text.replace(controls, escapeControl);
}

/** Bidirectional controls, which show text in another order than it has (Unicode UAX #9). */
const foreignControls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * A message that may quote what a file or the traced machine has: nothing but line breaks and tabs controls the terminal, colour
 * codes do not either.
 */
export function quotable(message: string): string {
  return message.replace(foreignControls, (found) => {
    const code = found.charCodeAt(0).toString(16);
    return found < "\u0100" ? `\\x${code.padStart(2, "0")}` : `\\u${code.padStart(4, "0")}`;
  });
}

function escapeControl(found: string): string {
  if (found.length > 1) return found;
  return found === "\n" ? "\\n" : `\\x${found.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
