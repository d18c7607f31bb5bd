/** Profile files and the directories that hold them. */
import { readdirSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { invalidProfile, reasonOf, TraceError, unsafeProfile } from "../base/errors.ts";
import { readTrustedFile } from "../base/trusted-directory.ts";
import { ProfileFault } from "./mapping.ts";
import type { ParsedProfiles } from "./parse-profiles.ts";

export const profileFilePattern = /\.ya?ml$/;

/** The directories searched for profiles, first to last; `extra` is the one of `--extra-profiles-dir`. */
export function profileDirectories(extra: string | undefined, home: string | undefined): readonly string[] {
  const named = extra === undefined ? [] : [extra];
  const own = home !== undefined && isAbsolute(home) ? [join(home, ".config/retis/profiles")] : [];
  return [...named, ...own, "/usr/share/retis/profiles", "/etc/retis/profiles"];
}

/**
 * Paths of the profile files of a directory, by name; none when it cannot be read.
 *
 * @param onFailure takes the reason why it cannot
 */
export function profileFilesIn(directory: string, onFailure: (reason: string) => void): readonly string[] {
  try {
    return readdirSync(directory)
      .filter((name) => profileFilePattern.test(name))
      .sort()
      .map((name) => join(directory, name));
  } catch (error) {
    onFailure(reasonOf(error));
    return [];
  }
}

/**
 * The profiles of one file. A profile can run commands, so the privileged take none that another user could have written.
 *
 * @throws TraceError INVALID_PROFILE when it cannot be read or breaks the format, UNSAFE_PROFILE
 */
export async function readProfileFile(path: string): Promise<ParsedProfiles> {
  let text: string;
  try {
    text = readTrustedFile(path, unsafeProfile).toString("utf8");
  } catch (error) {
    if (error instanceof TraceError) throw error;
    throw invalidProfile(path, reasonOf(error), { cause: error });
  }
  return parse(text, path);
}

/** The profiles of a text. @throws TraceError INVALID_PROFILE */
export async function parse(text: string, source: string): Promise<ParsedProfiles> {
  // Loaded only now: most runs have no profile, and need no YAML.
  const { parseProfiles } = await import("./parse-profiles.ts");
  try {
    return parseProfiles(text, source);
  } catch (error) {
    if (!(error instanceof ProfileFault)) throw error;
    throw invalidProfile(source, error.message, { hint: "'retis profile show NAME' prints a profile to start from" });
  }
}
