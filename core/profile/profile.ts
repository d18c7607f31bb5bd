/** A profile: named arguments for a command, possibly different ones for different kernels. docs/profiles.md describes the format. */
import type { VersionRequirement } from "../kernel/version.ts";

/** Commands that profiles have arguments for. */
export const profileCommands = ["collect", "pcap"] as const;
export type ProfileCommand = (typeof profileCommands)[number];

export interface Profile {
  readonly name: string;
  /** One line for `profile list`; may be empty. */
  readonly about: string;
  /** File it came from, or "built in". */
  readonly source: string;
  /** The document as it was written. */
  readonly text: string;
  /** Sections by command, in order: the first whose conditions all hold is used. */
  readonly sections: Readonly<Record<ProfileCommand, readonly ProfileSection[]>>;
  /** What is odd about it without making it unusable, e.g. keys that nobody knows. */
  readonly warnings: readonly string[];
}

export interface ProfileSection {
  readonly name: string;
  /** All must hold; empty: always. */
  readonly when: readonly Condition[];
  /** Sorted by option. */
  readonly args: readonly ProfileArgument[];
}

export type Condition =
  | { readonly type: "version"; readonly requirement: VersionRequirement }
  | { readonly type: "symbol"; readonly name: string; readonly exists: boolean };

/** One option of a section. */
export interface ProfileArgument {
  /** Long name with its dashes, e.g. `--skb-sections`. */
  readonly flag: string;
  /** One text for each time that the option is given; a switch has a boolean; null is the option without a value. */
  readonly value: readonly string[] | boolean | null;
}

/** Name of a section that has none. */
export const defaultSectionName = "Default";
