/**
 * May code in this directory run with our privileges? Only when nobody but root and the caller could have put it there:
 *
 * 1. The directory, everything in it and every directory above it belong to root or to the caller (the real user id; who
 *    called sudo does not count, as a sudo rule for this program must not become one for any program).
 * 2. None of these can be written by their group or by others. A directory above it may be writable by others
 *    when it is sticky, as `/tmp` is: there only an entry's owner can replace it, and rule 1 holds for the entry.
 * 3. A symbolic link counts as what it points to, with the directories above that.
 */
import { lstatSync, readdirSync, realpathSync, type Stats } from "node:fs";
import { dirname, join } from "node:path";
import { unsafePlugin } from "./errors.ts";

const writableByOthers = 0o022;
const sticky = 0o1000;

/** Makes the error for a directory that is not safe. */
type Refusal = (directory: string, reason: string, hint: string) => Error;

/** What is checked, for whom, and how it is refused. */
interface Inspection {
  readonly directory: string;
  readonly caller: number;
  readonly refusal: Refusal;
}

/**
 * Throws UNSAFE_PLUGIN, or what `refusal` makes, when the rules above do not hold.
 *
 * @param directory absolute, symbolic links resolved
 * @param caller real user id
 */
export function assertTrustedDirectory(directory: string, caller: number, refusal: Refusal = unsafePlugin): void {
  const inspection = { directory, caller, refusal };
  for (const parent of parentsOf(directory)) assertTrusted(inspection, parent, "parent");
  assertTreeTrusted(inspection, directory);
}

function assertTreeTrusted(inspection: Inspection, path: string): void {
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) return assertLinkTrusted(inspection, path);
  assertTrusted(inspection, path, "content", stats);
  if (!stats.isDirectory()) return;
  for (const name of readdirSync(path)) assertTreeTrusted(inspection, join(path, name));
}

/** A link's target is checked by itself and not walked: links may form circles. */
function assertLinkTrusted(inspection: Inspection, link: string): void {
  const target = targetOf(inspection, link);
  for (const parent of parentsOf(target)) assertTrusted(inspection, parent, "parent");
  assertTrusted(inspection, target, "content");
}

function targetOf({ directory, refusal }: Inspection, link: string): string {
  try {
    return realpathSync(link);
  } catch {
    throw refusal(directory, `${link} is a dangling symbolic link`, "Remove the link");
  }
}

function assertTrusted(
  { directory, caller, refusal }: Inspection,
  path: string,
  role: "parent" | "content",
  stats: Stats = lstatSync(path),
): void {
  if (stats.uid !== 0 && stats.uid !== caller) {
    const hint = `Review its content, then make root the owner: chown -R root ${directory}`;
    throw refusal(directory, `${path} belongs to uid ${stats.uid}, not to root or the caller`, hint);
  }
  const shared = role === "parent" && stats.isDirectory() && (stats.mode & sticky) !== 0;
  if ((stats.mode & writableByOthers) !== 0 && !shared) {
    throw refusal(directory, `${path} is writable by others`, `Remove that permission: chmod go-w ${path}`);
  }
}

/** The directories above a path, nearest first. */
function parentsOf(path: string): readonly string[] {
  const parent = dirname(path);
  return parent === path ? [] : [parent, ...parentsOf(parent)];
}
