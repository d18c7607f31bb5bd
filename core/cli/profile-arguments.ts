/** The arguments of profiles, merged with those that were typed. */
import { Option, type Command } from "commander";
import { unusableProfile } from "../base/errors.ts";
import type { ProfileArgument } from "../profile/profile.ts";
import { createParser, isRepeatable } from "./parser.ts";
import { nearestName } from "../base/near-names.ts";

/** What a profile adds to a command line. */
export interface AppliedProfile {
  readonly name: string;
  readonly args: readonly ProfileArgument[];
}

/**
 * The arguments of profiles as far as they are known before the options of the command are known: those with a value.
 * Good enough to find out where collectors are.
 */
export function roughArguments(profiles: readonly AppliedProfile[]): readonly string[] {
  return profiles.flatMap(({ args }) =>
    args.flatMap(({ flag, value }) => (Array.isArray(value) ? value.map((text) => `${flag}=${text}`) : [])),
  );
}

/**
 * What profiles put before the arguments that were typed. Lists accumulate; of an option with a single value the typed
 * one wins, then that of the last profile.
 *
 * @param parser has all options of the command
 * @throws TraceError UNUSABLE_PROFILE for an option that the command does not have
 */
export function profileArguments(parser: Command, profiles: readonly AppliedProfile[], typed: readonly string[]): readonly string[] {
  const given = optionsGiven(parser, typed);
  const words = new Map<Option, readonly string[]>();
  for (const { name, args } of profiles) {
    for (const argument of args) {
      const option = findOption(parser, argument, name);
      const before = isRepeatable(option) ? (words.get(option) ?? []) : [];
      words.set(option, [...before, ...wordsOf(option, argument, { profile: name, command: parser.name() })]);
    }
  }
  const kept = [...words].filter(([option]) => isRepeatable(option) || !given.has(option.attributeName()));
  // Options without a value come first: what follows the last one must not be taken for its value.
  return kept.flatMap(([, some]) => some).sort((a, b) => Number(a.includes("=")) - Number(b.includes("=")));
}

/** Names of the properties of those options that were typed. */
function optionsGiven(parser: Command, typed: readonly string[]): ReadonlySet<string> {
  const scratch = createParser("", "").helpOption(false).allowUnknownOption().allowExcessArguments();
  for (const { flags } of parser.options) scratch.addOption(new Option(flags));
  scratch.parse([...typed], { from: "user" });
  const names = scratch.options.map((option) => option.attributeName());
  return new Set(names.filter((name) => scratch.getOptionValueSource(name) === "cli"));
}

function findOption(parser: Command, { flag }: ProfileArgument, profile: string): Option {
  const negated = flag.replace(/^--/, "--no-");
  const found = parser.options.find(({ long }) => long === flag) ?? parser.options.find(({ long }) => long === negated);
  if (found) return found;
  const near = nearestName(
    flag,
    parser.options.flatMap(({ long }) => long ?? []),
  );
  throw unusableProfile(profile, parser.name(), `unknown option ${flag}`, near === undefined ? undefined : `Did you mean ${near}?`);
}

function wordsOf(option: Option, { flag, value }: ProfileArgument, place: { profile: string; command: string }): readonly string[] {
  const long = option.long!;
  if (Array.isArray(value)) {
    if (takesValue(option)) return value.map((text) => `${long}=${text}`);
    throw unusableProfile(place.profile, place.command, `option ${flag} takes no value`, "Write true, false or nothing after it");
  }
  if (takesValue(option)) {
    if (value === null && option.optional) return [long];
    if (value !== null) return [`${long}=${value}`];
    throw unusableProfile(place.profile, place.command, `option ${flag} needs a value`);
  }
  const wanted = value ?? true;
  return (long === flag) === wanted ? [long] : [];
}

function takesValue(option: Option): boolean {
  return option.required || option.optional;
}
