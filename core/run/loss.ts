/** Counters of what was lost, per probe and reason (`enum retis_loss` in bpf/probe/core.h). */
import type { Event } from "../api/event.ts";
import type { RecordStats } from "../event/record.ts";
import type { BpfMap } from "../libbpf/bpf-map.ts";
import { possibleCpus } from "../libbpf/bpf-map.ts";
import { programTypes } from "../probe/program-types.ts";

/** Texts of `enum retis_loss`; its values are read from BTF. */
export const lossTexts: Readonly<Record<string, string>> = {
  RETIS_LOSS_RING_FULL: "ring full",
  RETIS_LOSS_NESTED: "too many nested probe hits",
  RETIS_LOSS_SECTION: "section too large",
  RETIS_LOSS_RETURN: "function return not matched",
  RETIS_LOSS_STACK: "stack not readable",
  RETIS_LOSS_TRACKING: "packet not tracked, table full",
};

/** One cause of loss at one probe. */
export interface Loss {
  readonly probe: string;
  readonly reason: string;
  readonly count: number;
}

/** Reads the kernel's per-CPU counters. */
export class LossCounters {
  readonly #key = new Uint32Array(1);
  readonly #perCpu = programTypes().arrayLength("retis_counters", "lost");
  readonly #values = new BigUint64Array(possibleCpus() * this.#perCpu);
  readonly #reasons = Object.entries(lossTexts).map(([name, reason]) => ({ reason, index: programTypes().enumValue("retis_loss", name) }));

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
    return this.#reasons.flatMap(({ reason, index }) => {
      let count = 0;
      for (let at = index; at < this.#values.length; at += this.#perCpu) count += Number(this.#values[at]);
      return count === 0 ? [] : [{ probe: probe.name, reason, count }];
    });
  }
}

/** Losses that hooks count, per CPU, by number of their cause. */
export class HookLossCounters {
  readonly #key = new Uint32Array(1);
  readonly #values = new BigUint64Array(possibleCpus());

  constructor(
    private readonly counters: BpfMap,
    private readonly causes: readonly { readonly collector: string; readonly reason: string }[],
  ) {}

  /** All losses so far, summed over CPUs. */
  read(): readonly Loss[] {
    return this.causes.flatMap(({ collector, reason }, number) => {
      this.#key[0] = number;
      if (!this.counters.lookup(new Uint8Array(this.#key.buffer), new Uint8Array(this.#values.buffer))) return [];
      const count = this.#values.reduce((sum, value) => sum + Number(value), 0);
      return count === 0 ? [] : [{ probe: `collector ${collector}`, reason, count }];
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
 * The event that says to readers of a file what is missing in it.
 * @param evicted packets that lost their identity; not in the total
 */
export function lossEvent(timestamp: number | bigint, losses: readonly Loss[], evicted: readonly Loss[]): Event {
  return { common: { timestamp }, loss: { total: totalLoss(losses), lost: [...losses, ...evicted] } };
}
