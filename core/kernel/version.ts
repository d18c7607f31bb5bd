/** Versions of kernels and requirements on them. Features are never derived from versions; profiles and messages use these. */
import { invalidVersionRequirement } from "../base/errors.ts";

export interface KernelVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** Build number of the distribution, e.g. 300 in `6.2.14-300.fc38.x86_64`. */
  readonly build?: number;
}

/**
 * Reads a release as `uname -r` gives it. What distributions add is tolerated: a missing or odd third part counts as
 * 0. Undefined only when it does not begin with `major.minor`.
 */
export function parseRelease(release: string): KernelVersion | undefined {
  const match = /^(\d+)\.(\d+)(?:\.(\d+)([^.]*))?/.exec(release);
  if (match === null) return undefined;
  const [, major, minor, patch, rest] = match;
  const build = rest
    ?.split("-")
    .slice(1)
    .find((token) => /^\d+$/.test(token));
  return {
    major: Number(major),
    minor: Number(minor),
    patch: Number(patch ?? 0),
    ...(build === undefined ? {} : { build: Number(build) }),
  };
}

type Operator = "=" | "!=" | ">" | "<" | ">=" | "<=";

interface Comparison {
  readonly operator: Operator;
  /** Major, minor, patch, build, as many as were written. */
  readonly parts: readonly number[];
}

/** Comparisons that must all hold. */
export type VersionRequirement = readonly Comparison[];

/**
 * Parses comparisons joined by commas, e.g. `>= 5.17, < 6.4`, each `operator major[.minor[.patch[-build]]]`.
 * Throws a TraceError for anything else, text after a comparison included.
 */
export function parseRequirement(text: string): VersionRequirement {
  return text.split(",").map((part) => {
    const match = /^(=|!=|>=|<=|>|<)\s*(\d+)(?:\.(\d+)(?:\.(\d+)(?:-(\d+))?)?)?$/.exec(part.trim());
    if (match === null) throw invalidVersionRequirement(text, `"${part.trim()}" is not a comparison with a version`);
    const [, operator, ...parts] = match;
    return { operator: operator as Operator, parts: parts.filter((entry) => entry !== undefined).map(Number) };
  });
}

/**
 * Whether a version fulfils a requirement. Parts that the requirement leaves out count as equal: `> 6.2` is false and
 * `= 6` is true on 6.2.14. A version without build is later than any required build.
 */
export function matchesRequirement(version: KernelVersion, requirement: VersionRequirement): boolean {
  return requirement.every(({ operator, parts }) => matches(operator, compare(version, parts)));
}

function compare({ major, minor, patch, build }: KernelVersion, parts: readonly number[]): number {
  const own = [major, minor, patch, build ?? Number.POSITIVE_INFINITY];
  for (const [index, part] of parts.entries()) {
    if (own[index] !== part) return own[index]! > part ? 1 : -1;
  }
  return 0;
}

function matches(operator: Operator, order: number): boolean {
  switch (operator) {
    case "=":
      return order === 0;
    case "!=":
      return order !== 0;
    case ">":
      return order > 0;
    case "<":
      return order < 0;
    case ">=":
      return order >= 0;
    case "<=":
      return order <= 0;
  }
}
