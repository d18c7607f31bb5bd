import { existsSync } from "node:fs";
import { invalidProfile, reasonOf, TraceError, unknownProfile } from "../base/errors.ts";
import { log } from "../base/log.ts";
import { nearestName } from "../base/near-names.ts";
import type { ParsedProfiles } from "./parse-profiles.ts";
import type { Profile } from "./profile.ts";
import { parse, profileDirectories, profileFilePattern, profileFilesIn, readProfileFile } from "./profile-files.ts";
import { shippedSource, shippedTexts } from "./shipped-profiles.ts";

/** The profiles of one file, or those that are built in. */
export interface ProfileFile {
  /** Path, or "built in". */
  readonly source: string;
  readonly profiles: readonly Profile[];
  /** What could not be used, and why. */
  readonly problems: readonly string[];
  /** Whether another user could have written it. */
  readonly unsafe?: boolean;
}

/** Finds profiles: in the directories of the search path, among the shipped ones, or in a file named by its path. */
export class ProfileLibrary {
  readonly #directories: readonly string[];
  readonly #extra: string | undefined;
  #warned = false;

  /**
   * @param extra value of `--extra-profiles-dir`
   * @param home home directory of the user
   */
  constructor(extra: string | undefined, home: string | undefined) {
    this.#extra = extra;
    this.#directories = profileDirectories(extra, home);
  }

  /**
   * The profile that a value of `--profile` names: with a `/` in it a file (`./mine.yaml`, `dir/many.yaml#name`),
   * otherwise a name in the search path, and failing that a `.yaml` file of the working directory.
   *
   * @throws TraceError UNKNOWN_PROFILE or INVALID_PROFILE
   */
  async find(item: string): Promise<Profile> {
    if (item.includes("/")) return this.#fromPath(item);
    const problems: string[] = [];
    const names: string[] = [];
    for await (const files of this.#byDirectory()) {
      // The user may be waiting for one of these, and gets another of that name.
      for (const problem of files.filter((file) => file.unsafe).flatMap((file) => file.problems)) log.warn(`${problem}; left out`);
      problems.push(...files.filter((file) => !file.unsafe).flatMap((file) => file.problems));
      const profiles = files.flatMap((file) => file.profiles);
      names.push(...profiles.map(({ name }) => name));
      const found = profiles.filter(({ name }) => name === item);
      if (found.length > 1) throw sameNameTwice(found);
      if (found[0]) return found[0];
    }
    if (profileFilePattern.test(splitPath(item).path) && existsSync(splitPath(item).path)) return this.#fromPath(item);
    for (const problem of problems) log.warn(problem); // What was meant may be in one of these files.
    throw unknownProfile(item, [...new Set(names)].sort(), nearestName(item, names));
  }

  /** Every file of the search path with what is in it; the shipped profiles come last. */
  async list(): Promise<readonly ProfileFile[]> {
    const files: ProfileFile[] = [];
    for await (const some of this.#byDirectory()) files.push(...some);
    return files;
  }

  async *#byDirectory(): AsyncGenerator<readonly ProfileFile[]> {
    for (const directory of this.#directories) {
      const paths = profileFilesIn(directory, (reason) => this.#warnOfExtra(directory, reason));
      yield await Promise.all(paths.map(fileContent));
    }
    const shipped = await Promise.all(shippedTexts.map((text) => parse(text, shippedSource)));
    yield [{ source: shippedSource, profiles: shipped.flatMap(({ profiles }) => profiles), problems: [] }];
  }

  /** The user named the directory of `--extra-profiles-dir`; the others need not be there. */
  #warnOfExtra(directory: string, reason: string): void {
    if (directory !== this.#extra || this.#warned) return;
    this.#warned = true;
    log.warn(`Profile directory ${directory} left out: ${reason}`);
  }

  async #fromPath(item: string): Promise<Profile> {
    const { path, name } = splitPath(item);
    const { profiles, skipped } = await readProfileFile(path);
    const found = name === undefined ? profiles : profiles.filter((profile) => profile.name === name);
    if (found.length === 1) return found[0]!;
    throw wrongCount(path, name, { profiles, skipped }, found);
  }
}

async function fileContent(path: string): Promise<ProfileFile> {
  try {
    const { profiles, skipped } = await readProfileFile(path);
    return { source: path, profiles, problems: skipped.map((reason) => `Cannot use all of profile file ${path}: ${reason}`) };
  } catch (error) {
    const unsafe = error instanceof TraceError && error.code === "UNSAFE_PROFILE";
    return { source: path, profiles: [], problems: [reasonOf(error)], unsafe };
  }
}

/** Cuts `#name` off, unless there is a file that is really called like that. */
function splitPath(item: string): { readonly path: string; readonly name?: string } {
  const mark = item.lastIndexOf("#");
  if (mark < 0 || existsSync(item)) return { path: item };
  return { path: item.slice(0, mark), name: item.slice(mark + 1) };
}

function wrongCount(path: string, name: string | undefined, { profiles, skipped }: ParsedProfiles, found: readonly Profile[]) {
  const names = profiles.map((profile) => profile.name);
  if (found.length > 1 && name === undefined) {
    return invalidProfile(path, "it has several profiles", {
      hint: `Choose one: ${names.map((each) => `${path}#${each}`).join(", ")}`,
    });
  }
  if (found.length > 1) return sameNameTwice(found);
  if (skipped[0] !== undefined) return invalidProfile(path, skipped[0]);
  if (name === undefined) return invalidProfile(path, "it has no profile");
  const near = nearestName(name, names);
  return invalidProfile(path, `it has no profile "${name}"`, {
    hint: near === undefined ? `Profiles: ${names.join(", ") || "none"}` : `Did you mean ${path}#${near}?`,
  });
}

function sameNameTwice(found: readonly Profile[]) {
  const [first, second] = found;
  const where = first!.source === second!.source ? "it" : first!.source;
  return invalidProfile(second!.source, `${where} has another profile "${second!.name}"`, { hint: "Rename one of the two" });
}
