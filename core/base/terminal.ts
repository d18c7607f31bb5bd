/** Facts about terminals and text that is safe to show on one. */
import { fstatSync, readFileSync } from "node:fs";
import { stdoutDescriptor } from "./stdout.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What colour and cursor decisions need to know of an output stream. */
export interface OutputStream {
  readonly isTTY?: boolean | undefined;
}

/** /dev/null and the like (Documentation/admin-guide/devices.txt). */
const memoryDevices = 1;

/** Whether a descriptor is a terminal. node:tty takes 4 ms to load, so only a device that may be a terminal needs it. */
export function isTerminal(fd: number): boolean {
  try {
    const file = fstatSync(fd);
    // The major number as Linux has it in the low half of st_rdev (include/linux/kdev_t.h, new_encode_dev).
    if (!file.isCharacterDevice() || ((file.rdev >> 8) & 0xfff) === memoryDevices) return false;
    return process.getBuiltinModule("node:tty").isatty(fd);
  } catch {
    return false; // closed
  }
}

/** The stream of a file descriptor. Unlike touching `process.stdout`, this changes nothing about the descriptor. */
export function streamOf(fd: number): OutputStream {
  return { isTTY: isTerminal(fd) };
}

/** O_CLOEXEC in the flags of /proc/self/fdinfo (proc_pid_fdinfo(5)), octal there. */
const closeOnExec = 0o2000000;

/**
 * Whether stdout was closed when this program was started. Bun opens /dev/null in its place, with a flag that no descriptor has that
 * came through execve(2).
 */
export function isStdoutClosed(): boolean {
  if (stdoutDescriptor() !== 1) return false; // It is copied only where it is open.
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync("/proc/self/fdinfo/1", "latin1"))?.[1] ?? "0";
    return (Number.parseInt(flags, 8) & closeOnExec) !== 0;
  } catch {
    return false;
  }
}

/** Whether cursor control works: a terminal that is not `TERM=dumb`. */
export function hasCursorControl(stream: OutputStream, env: Environment = process.env): boolean {
  return stream.isTTY === true && !!env.TERM && env.TERM !== "dumb";
}

/** Whether the locale's character encoding is UTF-8; the first of these that is set and not empty decides (locale(7)). */
export function isUtf8Locale(env: Environment = process.env): boolean {
  return /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || "");
}

/**
 * Characters that move the cursor, change how a terminal shows what follows, or show text in another order than it has: control
 * characters of C0 and C1, and of Unicode the line separators and bidirectional controls (UAX #9).
 */
const unsafe = "\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069";
const anyControl = new RegExp(`[${unsafe}]`);
const controls = new RegExp(`[${unsafe}]`, "g");
const controlsInLines = new RegExp(`(?![\\n\\t])[${unsafe}]`, "g");
/** Colour codes that we make ourselves (`ESC [ … m`) are matched first, and kept. */
const controlsAndColours = new RegExp(`\\u001b\\[[0-9;]*m|[${unsafe}]`, "g");
/** Of our own texts, which have lines and colours. */
const controlsInAnswers = new RegExp(`\\u001b\\[[0-9;]*m|(?![\\n\\t])[${unsafe}]`, "g");
const unwanted = new RegExp(`(?![\\n\\u001b])[${unsafe}]|\\u001b(?!\\[[0-9;]*m)`);
/** Of these, those that JSON may hold as they are (RFC 8259 section 7). */
const controlsOfJson = new RegExp(`(?![\\u0000-\\u001f])[${unsafe}]`, "g");

/** Whether text holds control characters other than line breaks and colour codes. */
export function hasControls(text: string): boolean {
  return unwanted.test(text);
}

/** Whether text holds control characters of any kind. */
export function hasAnyControl(text: string): boolean {
  return anyControl.test(text);
}

/**
 * Text in which control characters became `\xNN` (`\n` for a line break): names that come from the traced machine must
 * neither move the cursor, nor forge a line, nor hide what follows. Characters beyond U+00FF become `\uNNNN`.
 */
export function withoutControls(text: string): string {
  return text.replace(controls, escapeControl);
}

/** Like {@link withoutControls}; colour codes stay. For text with colours of our own, whose foreign parts were escaped before. */
export function withColoursOnly(text: string): string {
  return text.replace(controlsAndColours, escapeControl);
}

/** Like {@link withoutControls}; line breaks and tabs stay. For whole messages, of several lines perhaps. */
export function withLinesOnly(text: string): string {
  return text.replace(controlsInLines, escapeControl);
}

/** Like {@link withLinesOnly}; colour codes stay too. For whole texts with colours of our own, whose foreign parts were escaped before. */
export function withLinesAndColours(text: string): string {
  return text.replace(controlsInAnswers, escapeControl);
}

/** JSON that is safe to show on a terminal, and means the same: characters that are not become `\uNNNN`. */
export function jsonForTerminal(json: string): string {
  return json.replace(controlsOfJson, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function escapeControl(found: string): string {
  if (found.length > 1) return found;
  if (found === "\n") return "\\n";
  const code = found.charCodeAt(0);
  return code > 0xff ? `\\u${code.toString(16).padStart(4, "0")}` : `\\x${code.toString(16).padStart(2, "0")}`;
}
