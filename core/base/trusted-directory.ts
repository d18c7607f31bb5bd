/**
 * May code or settings from this place be used with our privileges? Only when nobody but root and the caller could have
 * put them there:
 *
 * 1. The file or directory, everything in it and every directory above it belong to root or to the caller (the real user
 *    id; who called sudo does not count, as a sudo rule for this program must not become one for any program).
 * 2. None of these can be written by their group or by others. A directory above it may be writable by others
 *    when it is sticky, as `/tmp` is: there only an entry's owner can replace it, and rule 1 holds for the entry.
 * 3. Nothing on the way is a symbolic link: the path is resolved before it is checked, and links within a directory are
 *    refused, as what they lead over may change after the check.
 *
 * Checked from the root downwards, a path for which this holds can be changed by root and the caller only. So what is
 * read from it later is what was checked.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readFileSync, realpathSync, type Stats } from "node:fs";
import { dirname, join, relative } from "node:path";
import { unsafePlugin } from "./errors.ts";
import { isPrivileged } from "./privilege.ts";

const writableByOthers = 0o022;
const sticky = 0o1000;

/** Makes the error for a file or directory that is not safe. */
export type Refusal = (path: string, reason: string, hint: string) => Error;

/** What is checked, for whom, and how it is refused. */
interface Inspection {
  /** What the user knows: the directory or file that was requested. */
  readonly subject: string;
  readonly caller: number;
  readonly refusal: Refusal;
}

/** The real user id of this process, for whom files are checked. */
export function callerId(): number {
  return process.getuid?.() ?? 0;
}

/** Whether a path is in a directory, both absolute, as they are written. */
export function isWithin(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return way !== ".." && !way.startsWith("../");
}

/**
 * Throws UNSAFE_PLUGIN, or what `refusal` makes, when the rules above do not hold.
 *
 * @param directory absolute, symbolic links resolved
 * @param caller real user id
 */
export function assertTrustedDirectory(directory: string, caller: number, refusal: Refusal = unsafePlugin): void {
  const inspection = { subject: directory, caller, refusal };
  assertParentsTrusted(inspection, directory);
  assertTreeTrusted(inspection, directory);
}

/**
 * Reads a file, with privileges only when the rules above hold for it: what was opened is checked, and that is read.
 *
 * @param path symbolic links are resolved first
 * @throws what `refusal` makes, and the system errors of opening and reading
 */
export function readTrustedFile(path: string, refusal: Refusal, caller = callerId()): Buffer {
  if (!isPrivileged()) return readFileSync(path);
  const inspection = { subject: path, caller, refusal };
  const opened = openSync(path, constants.O_RDONLY);
  try {
    const stats = fstatSync(opened);
    assertTrusted(inspection, path, "content", stats);
    // A pipe, e.g. of <(...), has no place in the file system.
    if (!stats.isFile()) return readFileSync(opened);
  } finally {
    closeSync(opened);
  }
  return readResolved(inspection, realpathSync(path));
}

function readResolved(inspection: Inspection, path: string): Buffer {
  assertParentsTrusted(inspection, path);
  const opened = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    assertTrusted(inspection, path, "content", fstatSync(opened));
    return readFileSync(opened);
  } finally {
    closeSync(opened);
  }
}

function assertTreeTrusted(inspection: Inspection, path: string): void {
  const stats = lstatSync(path);
  assertTrusted(inspection, path, "content", stats);
  if (!stats.isDirectory()) return;
  for (const name of readdirSync(path)) assertTreeTrusted(inspection, join(path, name));
}

function assertParentsTrusted(inspection: Inspection, path: string): void {
  for (const parent of parentsOf(path)) assertTrusted(inspection, parent, "parent");
}

function assertTrusted(
  { subject, caller, refusal }: Inspection,
  path: string,
  role: "parent" | "content",
  stats: Stats = lstatSync(path),
): void {
  if (stats.isSymbolicLink()) throw refusal(subject, `${path} is a symbolic link`, "Replace it with what it leads to");
  if (stats.uid !== 0 && stats.uid !== caller) {
    const hint = `Review its content, then make root the owner: chown -R root ${subject}`;
    throw refusal(subject, `${path} belongs to uid ${stats.uid}, not to root or the caller`, hint);
  }
  const shared = role === "parent" && stats.isDirectory() && (stats.mode & sticky) !== 0;
  if ((stats.mode & writableByOthers) !== 0 && !shared) {
    throw refusal(subject, `${path} is writable by others`, `Remove that permission: chmod go-w ${path}`);
  }
}

/** The directories above a path, the root first: only then has each a parent that is known to be safe. */
function parentsOf(path: string): readonly string[] {
  const parent = dirname(path);
  return parent === path ? [] : [...parentsOf(parent), parent];
}
