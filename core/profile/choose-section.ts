import type { KernelFacts } from "../api/host.ts";
import { matchesRequirement, parseRelease } from "../kernel/version.ts";
import type { Condition, Profile, ProfileCommand, ProfileSection } from "./profile.ts";

/** What conditions look at. */
export type ConditionKernel = Pick<KernelFacts, "release" | "parameters">;

/**
 * The first section for this command whose conditions all hold; undefined when there is none.
 *
 * @param kernel called only when a condition has to be looked at
 */
export async function chooseSection(
  profile: Profile,
  command: ProfileCommand,
  kernel: () => Promise<ConditionKernel>,
): Promise<ProfileSection | undefined> {
  for (const section of profile.sections[command]) {
    if (section.when.length === 0) return section;
    const facts = await kernel();
    if (section.when.every((condition) => matches(condition, facts))) return section;
  }
  return undefined;
}

function matches(condition: Condition, kernel: ConditionKernel): boolean {
  if (condition.type === "symbol") return (kernel.parameters(condition.name) !== undefined) === condition.exists;
  const version = parseRelease(kernel.release);
  return version !== undefined && matchesRequirement(version, condition.requirement);
}
