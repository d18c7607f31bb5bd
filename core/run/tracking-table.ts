/** What became of the entries of the tracking table, counted by the programs (`enum retis_tracking_count` in bpf/probe/core.h). */
import { log } from "../base/log.ts";
import { counted } from "../base/plural.ts";
import { type BpfMap, possibleCpus } from "../libbpf/bpf-map.ts";
import { programTypes } from "../probe/program-types.ts";
import type { Loss } from "./loss.ts";

/** What losses name instead of a probe that only tracks packets. */
export const trackingProbes = "packet tracking";

/** Entries made and deleted so far. */
export interface TrackingCounts {
  readonly tracked: bigint;
  readonly untracked: bigint;
}

/** Sums the counters over CPUs. */
export function trackingCounts(counts: BpfMap): TrackingCounts {
  const types = programTypes();
  const perCpu = types.arrayLength("retis_tracking_counts", "done");
  const values = new BigUint64Array(possibleCpus() * perCpu);
  counts.lookup(new Uint8Array(4), new Uint8Array(values.buffer));
  const sum = (name: string) => {
    const index = types.enumValue("retis_tracking_count", name);
    return values.reduce((total, value, at) => (at % perCpu === index ? total + value : total), 0n);
  };
  return { tracked: sum("RETIS_TRACKED"), untracked: sum("RETIS_UNTRACKED") };
}

/**
 * Packets that lost their entry to others, at least: entries made and not deleted, less what the table holds. A packet that
 * is seen again afterwards counts as a new one.
 * @param entries size of the table
 */
export function trackingLosses({ tracked, untracked }: TrackingCounts, entries: number): readonly Loss[] {
  log.debug(`${counted(tracked, "packet")} tracked, ${untracked} of them to their end`);
  const evicted = Number(tracked - untracked) - entries;
  return evicted > 0
    ? [{ kind: "untracked", probe: trackingProbes, reason: "tracking table full, packet evicted, see --tracking-size", count: evicted }]
    : [];
}
