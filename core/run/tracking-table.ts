/** What became of the entries of the tracking table, counted by the programs (`enum retis_tracking_count` in bpf/probe/core.h). */
import { log } from "../base/log.ts";
import { counted } from "../base/plural.ts";
import { type BpfMap, possibleCpus } from "../libbpf/bpf-map.ts";
import { programTypes } from "../probe/program-types.ts";
import type { Loss } from "./loss.ts";

/**
 * Packets that lost their entry to others, at least: entries made and not deleted, less what the table holds. A packet that
 * is seen again afterwards counts as a new one.
 * @param entries size of the table
 */
export function trackingLosses(counts: BpfMap, entries: number): readonly Loss[] {
  const types = programTypes();
  const perCpu = types.arrayLength("retis_tracking_counts", "done");
  const values = new BigUint64Array(possibleCpus() * perCpu);
  if (!counts.lookup(new Uint8Array(4), new Uint8Array(values.buffer))) return [];
  const sum = (name: string) => {
    const index = types.enumValue("retis_tracking_count", name);
    return values.reduce((total, value, at) => (at % perCpu === index ? total + value : total), 0n);
  };
  const [tracked, untracked] = [sum("RETIS_TRACKED"), sum("RETIS_UNTRACKED")];
  log.debug(`${counted(tracked, "packet")} tracked, ${untracked} of them to their end`);
  const evicted = Number(tracked - untracked) - entries;
  return evicted > 0
    ? [{ probe: "packet tracking", reason: "tracking table full, packet evicted, see --tracking-size", count: evicted }]
    : [];
}
