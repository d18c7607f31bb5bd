/** Reading of JSON files that older versions wrote: version levels and patches (the newest level needs none). */

/** Layout of the events: 0 for 1.5.x, 1 for 1.6.x, 2 for 1.7.0 and everything after it. */
export type Level = 0 | 1 | 2;

/** Level of the events that this program makes. */
export const latestLevel: Level = 2;

/**
 * The level of a version text such as `v1.7.0-abcdef-dirty`: one leading `v` is dropped and what follows the first `-` or
 * `+` is ignored; `undefined` when the rest is not `X.Y.Z` or older than 1.5.0.
 */
export function levelOf(version: string): Level | undefined {
  const match = /^v?(\d+)\.(\d+)\.(\d+)(?:[-+].*)?$/s.exec(version);
  if (!match) return undefined;
  const major = Number(match[1]);
  const minor = Number(match[2]);
  if (major > 1 || (major === 1 && minor >= 7)) return 2;
  if (major === 0 || minor < 5) return undefined;
  return minor === 5 ? 0 : 1;
}

type Path = readonly string[];

/** Adding never replaces what is there; moving leaves nothing in the old place. Either is skipped where its parent is missing. */
type Patch = { readonly add: Path; readonly value: () => unknown } | { readonly move: Path; readonly to: Path };

/** Patches that lead to a level, for events older than it, in order. */
const patches: readonly { readonly level: Level; readonly patches: readonly Patch[] }[] = [
  {
    level: 1,
    patches: [
      { add: ["ct", "ct_status"], value: () => 0 },
      { move: ["skb", "packet", "packet"], to: ["skb", "packet", "raw"] },
      { move: ["skb", "ns", "netns"], to: ["skb", "ns", "inum"] },
      { move: ["skb", "packet"], to: ["packet"] },
      { move: ["skb", "dev"], to: ["dev"] },
      { move: ["skb", "ns"], to: ["netns"] },
      { move: ["packet", "raw"], to: ["packet", "data"] },
    ],
  },
  {
    level: 2,
    patches: [
      { add: ["startup", "machine"], value: () => ({}) },
      { add: ["startup", "machine", "kernel_release"], value: () => "unknown" },
      { add: ["startup", "machine", "kernel_version"], value: () => "unknown" },
      { add: ["startup", "machine", "hardware_name"], value: () => "unknown" },
      { add: ["startup", "cmdline"], value: () => "unknown" },
      { move: ["ct", "tcp_state"], to: ["ct", "proto_state"] },
      { move: ["ct", "parent", "tcp_state"], to: ["ct", "parent", "proto_state"] },
    ],
  },
];

/** Brings an event of an older level to the latest layout, in place. */
export function upgradeEvent(event: Record<string, unknown>, from: Level): void {
  for (const step of patches) {
    if (from >= step.level) continue;
    for (const patch of step.patches) applyPatch(event, patch);
  }
  const startup = event["startup"] as Record<string, unknown> | undefined;
  const version = startup?.["retis_version"];
  if (startup !== undefined && typeof version === "string") startup["retis_version"] = upgradedVersion(version);
}

/**
 * The version by which readers know the latest layout; that of the recorder follows as build metadata (semver.org section 10).
 * Without it, who reads what `print --format json` wrote would upgrade the events again.
 */
function upgradedVersion(version: string): string {
  const level = levelOf(version);
  return level === undefined || level === latestLevel ? version : `v1.7.0+${version.replace(/^v/, "").replace(/\+/g, ".")}`;
}

function applyPatch(event: Record<string, unknown>, patch: Patch): void {
  if ("add" in patch) {
    put(event, patch.add, patch.value());
    return;
  }
  const parent = parentOf(event, patch.move);
  const key = patch.move.at(-1) as string;
  const value = parent?.[key];
  if (parent === undefined || value === undefined || value === null) return;
  if (put(event, patch.to, value)) delete parent[key];
}

/** Sets a property that is not there yet; false when its parent is missing or it is there. */
function put(event: Record<string, unknown>, path: Path, value: unknown): boolean {
  const parent = parentOf(event, path);
  const key = path.at(-1) as string;
  if (parent === undefined || (parent[key] !== undefined && parent[key] !== null)) return false;
  parent[key] = value;
  return true;
}

function parentOf(event: Record<string, unknown>, path: Path): Record<string, unknown> | undefined {
  let at: unknown = event;
  for (const step of path.slice(0, -1)) at = (at as Record<string, unknown> | null | undefined)?.[step];
  return typeof at === "object" && at !== null ? (at as Record<string, unknown>) : undefined;
}
