/** Counters of what was lost, per probe and reason; the reasons are those of `enum retis_loss` in bpf/probe/core.h. */
import type { Event } from "../api/event.ts";
import type { RecordStats } from "../event/record.ts";
import type { BpfMap } from "../libbpf/bpf-map.ts";
import { possibleCpus } from "../libbpf/bpf-map.ts";

/** In the order of the BPF side's counters. */
const kernelReasons = [
  "ring full",
  "too many nested probe hits",
  "section too large",
  "function return not matched",
  "stack not readable",
  "packet not followed, table full",
] as const;

/** One cause of loss at one probe. */
export interface Loss {
  readonly probe: string;
  readonly reason: string;
  readonly count: number;
}

/** Reads the kernel's per-CPU counters. */
export class LossCounters {
  readonly #key = new Uint32Array(1);
  readonly #values = new BigUint64Array(possibleCpus() * kernelReasons.length);

  constructor(
    private readonly counters: BpfMap,
    private readonly probes: () => readonly { readonly id: number; readonly name: string }[],
  ) {}

  /** All losses so far, summed over CPUs; empty when nothing was lost. */
  read(): readonly Loss[] {
    return this.probes().flatMap((probe) => this.#readProbe(probe));
  }

  #readProbe(probe: { readonly id: number; readonly name: string }): readonly Loss[] {
    this.#key[0] = probe.id;
    if (!this.counters.lookup(new Uint8Array(this.#key.buffer), new Uint8Array(this.#values.buffer))) return [];
    return kernelReasons.flatMap((reason, index) => {
      let count = 0;
      for (let at = index; at < this.#values.length; at += kernelReasons.length) count += Number(this.#values[at]);
      return count === 0 ? [] : [{ probe: probe.name, reason, count }];
    });
  }
}

/** What the reading side could not use of the records that it got. */
export function readerLosses(stats: RecordStats): readonly Loss[] {
  const bad = [...stats.badSections].map(([key, count]) => ({ probe: "all probes", reason: `section ${key} not readable`, count }));
  const others = [
    { probe: "all probes", reason: "section of unknown origin", count: stats.unknownOwners },
    { probe: "all probes", reason: "section sent twice", count: stats.repeatedSections },
    { probe: "all probes", reason: "record cut short", count: stats.truncatedRecords },
    { probe: "all probes", reason: "record without content", count: stats.emptyRecords },
  ];
  return [...bad, ...others.filter(({ count }) => count > 0)];
}

/** Sum of all counts. */
export function totalLoss(losses: readonly Loss[]): number {
  return losses.reduce((total, { count }) => total + count, 0);
}

/**
 * The event that tells readers of a file what is missing in it.
 * @param forgotten what was lost besides events; not in the total
 */
export function lossEvent(timestamp: number | bigint, losses: readonly Loss[], forgotten: readonly Loss[]): Event {
  return { common: { timestamp }, loss: { total: totalLoss(losses), lost: [...losses, ...forgotten] } };
}
