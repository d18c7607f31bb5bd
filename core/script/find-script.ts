/** Which file a name on the command line means. */
import { statSync, realpathSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { scriptMissing, unsafeScript } from "../base/errors.ts";
import { isPrivileged } from "../base/privilege.ts";
import { assertTrustedDirectory } from "../base/trusted-directory.ts";

/** Where scripts are looked for that are named without their path; the first one found is taken. */
export function scriptDirectories(home: string | undefined): readonly string[] {
  const own = home !== undefined && isAbsolute(home) ? [join(home, ".config/retis/scripts")] : [];
  return [...own, "/usr/share/retis/scripts"];
}

/**
 * The absolute path of a script: that of an existing file, else of `NAME` or `NAME.ts` in one of `directories`.
 *
 * Who names a path has chosen the file. A name may find what another user put there, so that the directory must then be
 * safe for the privileged, as those of collectors are.
 *
 * @throws TraceError SCRIPT_MISSING, UNSAFE_SCRIPT
 */
export function findScript(name: string, directories: readonly string[]): string {
  if (isFile(name)) return resolve(name);
  const candidates = name.includes("/") ? [] : directories.flatMap((directory) => [join(directory, name), join(directory, `${name}.ts`)]);
  const found = candidates.find(isFile);
  if (found === undefined) throw scriptMissing(name, directories);
  const path = realpathSync(found);
  if (isPrivileged()) assertTrustedDirectory(dirname(path), process.getuid?.() ?? 0, unsafeScript);
  return path;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
