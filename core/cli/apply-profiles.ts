import { log } from "../base/log.ts";
import { invalidOption } from "../base/errors.ts";
import { chooseSection, type ConditionKernel } from "../profile/choose-section.ts";
import { defaultSectionName, type ProfileCommand } from "../profile/profile.ts";
import type { ProfileLibrary } from "../profile/profile-library.ts";
import type { AppliedProfile } from "./profile-arguments.ts";

/** The profiles of one run of the program. */
export interface ChosenProfiles {
  /** Values of `--profile`, in order. */
  readonly names: readonly string[];
  readonly library: ProfileLibrary;
  /** The running kernel, for conditions; opened by the first question. */
  kernel(): Promise<ConditionKernel>;
}

/**
 * Finds the requested profiles and chooses a section of each, saying which.
 *
 * @param command undefined: one that profiles have no arguments for
 * @param path the command as the user knows it, e.g. `retis print`
 * @throws TraceError for a profile that cannot be found or read, and for a command that takes none
 */
export async function applyProfiles(
  { names, library, kernel }: ChosenProfiles,
  command: ProfileCommand | undefined,
  path: string,
): Promise<readonly AppliedProfile[]> {
  if (names.length === 0) return [];
  if (command === undefined) throw invalidOption("--profile", names.join(","), `${path} takes no profiles`);
  const applied: AppliedProfile[] = [];
  for (const item of names) {
    const profile = await library.find(item);
    for (const warning of profile.warnings) log.warn(`Profile ${profile.name}: ${warning}`);
    const section = await chooseSection(profile, command, kernel);
    if (!section) log.warn(`Profile ${profile.name} has no effect: no section for ${command} matches this kernel`);
    else log.info(`Applying profile ${profile.name}${section.name === defaultSectionName ? "" : `: ${section.name}`}`);
    applied.push({ name: profile.name, args: section?.args ?? [] });
  }
  return applied;
}
