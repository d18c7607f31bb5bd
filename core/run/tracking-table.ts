/** What became of the table of followed packets; the counters are those of `enum retis_tracking_count` in bpf/probe/tracking.h. */
import { log } from "../base/log.ts";
import { type BpfMap, possibleCpus } from "../libbpf/bpf-map.ts";
import type { Loss } from "./loss.ts";

const countsPerCpu = 2;

/**
 * Packets that were pushed out of the table by others, at least: those that were entered and not taken out, less what
 * the table holds. A packet that is seen again after it was pushed out counts as a new one.
 * @param entries size of the table
 */
export function trackingLosses(counts: BpfMap, entries: number): readonly Loss[] {
  const values = new BigUint64Array(possibleCpus() * countsPerCpu);
  if (!counts.lookup(new Uint8Array(4), new Uint8Array(values.buffer))) return [];
  let [entered, removed] = [0n, 0n];
  for (let at = 0; at < values.length; at += countsPerCpu) {
    entered += values[at]!;
    removed += values[at + 1]!;
  }
  log.debug(`${entered} packet(s) followed, ${removed} of them to their end`);
  const pushedOut = Number(entered - removed) - entries;
  return pushedOut > 0
    ? [{ probe: "packet tracking", reason: "forgotten as the table of followed packets was full, see --tracking-size", count: pushedOut }]
    : [];
}
