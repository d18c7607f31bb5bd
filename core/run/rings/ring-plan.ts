/** How many rings a run has, how large they are, and which CPUs share one. */
import { readFileSync } from "node:fs";
import { invalidOption } from "../../base/errors.ts";
import { counted } from "../../base/plural.ts";

/** With fewer CPUs, one ring serves all of them. */
const cpusForSeveral = 8;
/** CPUs that share a ring, unless the user says how many rings there are. */
const cpusPerRing = 4;
/** A page of every supported kernel: what a ring must be a multiple of. */
export const smallestRing = 64 * 1024;

export interface RingPlan {
  readonly count: number;
  /** Size of each: a power of two. */
  readonly bytes: number;
  /** By CPU that may exist, those that are off included: the index of its ring. */
  readonly ofCpu: readonly number[];
}

export interface RingPlanInput {
  /** `--rings`; undefined: as many as suit the CPUs. */
  readonly rings: number | undefined;
  /** `--ring-size`: bytes of all rings. */
  readonly totalBytes: number;
  /** Numbers of the CPUs that are on. */
  readonly online: readonly number[];
  /** CPUs that may exist. */
  readonly possible: number;
}

/** CPUs with neighbouring numbers share a ring: they are on one node, and mostly behind one cache. */
function ringOfCpus(count: number, online: readonly number[], possible: number): readonly number[] {
  const places = new Map(online.map((cpu, place) => [cpu, Math.floor((place * count) / online.length)]));
  return Array.from({ length: possible }, (_, cpu) => places.get(cpu) ?? cpu % count);
}

/** @throws INVALID_OPTION for more rings than there are CPUs, or than the size allows */
export function planRings({ rings, totalBytes, online, possible }: RingPlanInput): RingPlan {
  const most = Math.floor(totalBytes / smallestRing);
  if (rings !== undefined && rings > online.length)
    throw invalidOption("--rings", String(rings), `more than this host has CPUs (${online.length})`);
  if (rings !== undefined && rings > most)
    throw invalidOption("--rings", String(rings), "a ring has 64K at least", `Use a --ring-size of ${rings * 64}K or more`);
  const suitable = online.length < cpusForSeveral ? 1 : Math.ceil(online.length / cpusPerRing);
  const count = rings ?? Math.min(suitable, most);
  return { count, bytes: 2 ** Math.floor(Math.log2(totalBytes / count)), ofCpu: ringOfCpus(count, online, possible) };
}

/** Numbers in a list like that of /sys/devices/system/cpu/online: `0-3,8`. */
export function parseCpuList(text: string): readonly number[] {
  return text
    .trim()
    .split(",")
    .filter((range) => range !== "")
    .flatMap((range) => {
      const [first = 0, last = first] = range.split("-").map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}

/** CPUs that are on; as many as may exist when sysfs does not say. */
export function onlineCpus(possible: number): readonly number[] {
  try {
    return parseCpuList(readFileSync("/sys/devices/system/cpu/online", "utf8"));
  } catch {
    return Array.from({ length: possible }, (_, cpu) => cpu);
  }
}

/** CPUs of a ring as a list, e.g. `4-7`. */
export function cpusOfRing({ ofCpu }: RingPlan, ring: number): string {
  const cpus = ofCpu.flatMap((one, cpu) => (one === ring ? [cpu] : []));
  const ranges: [number, number][] = [];
  for (const cpu of cpus) {
    const last = ranges.at(-1);
    if (last?.[1] === cpu - 1) last[1] = cpu;
    else ranges.push([cpu, cpu]);
  }
  return ranges.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(",");
}

/** What each ring lost, as texts; rings without losses are left out, and all of them when there is only one. */
export function lossesByRing(plan: RingPlan, lostByCpu: readonly number[]): readonly string[] {
  if (plan.count === 1) return [];
  const lost = new Array<number>(plan.count).fill(0);
  for (const [cpu, count] of lostByCpu.entries()) lost[plan.ofCpu[cpu] ?? 0]! += count;
  return lost.flatMap((count, ring) => (count === 0 ? [] : [`Ring of CPUs ${cpusOfRing(plan, ring)}: ${counted(count, "event")} lost`]));
}
