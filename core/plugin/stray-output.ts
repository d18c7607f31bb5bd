/**
 * Keeps what code of third parties writes to stdout, by whatever means, out of our output: descriptor 1 becomes a file in memory, and
 * ours goes to a copy of what it was.
 */
import { fstatSync, readSync } from "node:fs";
import { isStdoutClosed, isTerminal } from "../base/terminal.ts";
import { setStdoutDescriptor } from "../base/stdout.ts";
import { cString, libc } from "../libbpf/libc.ts";

/** From include/uapi/linux/fcntl.h and memfd.h. */
const F_DUPFD_CLOEXEC = 1030;
const MFD_CLOEXEC = 1;

/** Bytes of stray output that are quoted. */
const quoted = 60;

let watching = false;
let seen = 0;

/** Begins to watch; where that cannot be done, or stdout is closed, nothing changes. Call it as often as you like. */
export function divertStdout(): void {
  if (watching || isStdoutClosed()) return;
  // Its size is known by this object from now on.
  if (isTerminal(1)) void process.stdout.columns;
  const { fcntl, memfd_create, dup2 } = libc();
  const copy = fcntl(1, F_DUPFD_CLOEXEC, 3);
  const file = memfd_create(cString("stray-output"), MFD_CLOEXEC);
  if (copy < 0 || file < 0 || dup2(file, 1) < 0) return;
  setStdoutDescriptor(copy);
  watching = true;
}

/** The beginning of what was written to stdout since the last call, in quotes; undefined when nothing was. */
export function strayOutput(): string | undefined {
  if (!watching) return undefined;
  const { size } = fstatSync(1);
  if (size === seen) return undefined;
  const bytes = new Uint8Array(Math.min(quoted, Math.max(0, size - seen)));
  const read = readSync(1, bytes, 0, bytes.length, seen);
  seen = size;
  return JSON.stringify(new TextDecoder().decode(bytes.subarray(0, read)).trimEnd());
}
