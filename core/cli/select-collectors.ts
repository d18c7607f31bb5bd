/** Which collectors `-c` names (spec engine 2.4). */
import { unknownCollector } from "../base/errors.ts";
import type { LoadedCollector } from "../api/loaded-collector.ts";
import type { CollectorChoice } from "../api/collect-options.ts";
import { nearestName } from "../base/near-names.ts";

/** The value of `-c` that means every collector that can run here. */
export const auto = "auto";

/** A value of `-c` that means the directory of a collector. */
export function isPath(value: string): boolean {
  return value.includes("/");
}

export interface Selection {
  readonly choice: Omit<CollectorChoice, "optionsGiven" | "companions">;
  /** The collectors to try, in processing order. */
  readonly tried: readonly LoadedCollector[];
}

/**
 * Selects among the loaded collectors, which must be in processing order. With `auto` every one is tried; otherwise
 * those that were named, by name or by path. Throws UNKNOWN_COLLECTOR.
 *
 * @param requested values of `-c`; empty means `auto`
 */
export function selectCollectors(requested: readonly string[], loaded: readonly LoadedCollector[]): Selection {
  const names = requested.length === 0 ? [auto] : requested.filter((value) => !isPath(value));
  const known = loaded.map(({ collector }) => collector.name);
  for (const name of names) {
    if (name !== auto && !known.includes(name)) throw unknownCollector(name, [auto, ...known], nearestName(name, known), countHint(name));
  }
  const isRequired = ({ collector, source }: LoadedCollector) => source === "path" || names.includes(collector.name);
  const required = loaded.filter(isRequired);
  const choice = {
    auto: names.includes(auto),
    onlyAuto: names.includes(auto) && required.length === 0,
    required: required.map(({ collector }) => collector.name),
  };
  return { choice, tried: choice.auto ? loaded : required };
}

/** In tcpdump `-c` is the number of packets. */
function countHint(name: string): string | undefined {
  return /^\d+$/.test(name) ? `To stop after some events: --stop-after ${name}` : undefined;
}

/** Adds the collectors that the selected ones want beside them, in processing order. */
export function withCompanions({ choice, tried }: Selection, loaded: readonly LoadedCollector[]) {
  const selected = tried.map(({ collector }) => collector.name);
  const wanted = new Set(tried.flatMap(({ collector }) => collector.companions ?? []).filter((name) => !selected.includes(name)));
  const companions = loaded.map(({ collector }) => collector.name).filter((name) => wanted.has(name));
  const isTried = ({ collector: { name } }: LoadedCollector) => selected.includes(name) || wanted.has(name);
  return { choice: { ...choice, companions }, tried: loaded.filter(isTried) };
}
