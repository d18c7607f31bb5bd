/** Which file a name on the command line means. */
import { statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { scriptMissing } from "../base/errors.ts";

/** Where scripts are looked for that are named without their path; the first one found is taken. */
export function scriptDirectories(home: string | undefined): readonly string[] {
  const own = home !== undefined && isAbsolute(home) ? [join(home, ".config/retis/scripts")] : [];
  return [...own, "/usr/share/retis/scripts"];
}

/**
 * The absolute path of a script: that of an existing file, else of `NAME` or `NAME.ts` in one of `directories`.
 *
 * @throws TraceError SCRIPT_MISSING
 */
export function findScript(name: string, directories: readonly string[]): string {
  if (isFile(name)) return resolve(name);
  const candidates = name.includes("/") ? [] : directories.flatMap((directory) => [join(directory, name), join(directory, `${name}.ts`)]);
  const found = candidates.find(isFile);
  if (found === undefined) throw scriptMissing(name, directories);
  return found;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
