/**
 * Counters of what a run could not do, per probe and reason (`enum retis_loss` in bpf/probe/core.h). An event that was made and
 * lost is one thing; a hit that was skipped before a filter saw it is another: nobody knows whether it was wanted.
 */
import type { RecordStats } from "../event/record.ts";
import type { BpfMap } from "../libbpf/bpf-map.ts";
import { possibleCpus } from "../libbpf/bpf-map.ts";
import { programTypes } from "../probe/program-types.ts";

/**
 * What a loss costs:
 *
 * - `lost`: an event that passed the filters
 * - `incomplete`: a part of an event
 * - `skipped`: a hit, before any filter
 * - `untracked`: the identity of a packet
 */
export type LossKind = "lost" | "incomplete" | "skipped" | "untracked";

/** Names in `enum retis_loss`, whose values are read from BTF. */
export const lossReasons: Readonly<Record<string, Pick<Loss, "kind" | "reason">>> = {
  RETIS_LOSS_RING_FULL: { kind: "lost", reason: "ring full" },
  RETIS_LOSS_NESTED: { kind: "skipped", reason: "too many nested probe hits" },
  RETIS_LOSS_SECTION: { kind: "incomplete", reason: "section too large" },
  RETIS_LOSS_RETURN: { kind: "skipped", reason: "function return not matched" },
  RETIS_LOSS_STACK: { kind: "incomplete", reason: "stack not readable" },
  RETIS_LOSS_TRACKING: { kind: "untracked", reason: "packet not tracked, table full" },
};

/** One cause of loss at one probe. */
export interface Loss {
  readonly kind: LossKind;
  readonly probe: string;
  readonly reason: string;
  readonly count: number;
}

/** Reads the kernel's per-CPU counters. */
export class LossCounters {
  readonly #key = new Uint32Array(1);
  readonly #perCpu = programTypes().arrayLength("retis_counters", "lost");
  readonly #values = new BigUint64Array(possibleCpus() * this.#perCpu);
  readonly #reasons = Object.entries(lossReasons).map(([name, loss]) => ({ ...loss, index: programTypes().enumValue("retis_loss", name) }));

  constructor(
    private readonly counters: BpfMap,
    private readonly probes: () => readonly { readonly id: number; readonly name: string }[],
  ) {}

  /** All losses so far, summed over CPUs; empty when nothing was lost. */
  read(): readonly Loss[] {
    return this.probes().flatMap((probe) => this.#readProbe(probe));
  }

  /** Events that found the ring of their CPU full, by CPU. */
  ringFullByCpu(): readonly number[] {
    const index = programTypes().enumValue("retis_loss", "RETIS_LOSS_RING_FULL");
    const byCpu = new Array<number>(possibleCpus()).fill(0);
    for (const { id } of this.probes()) {
      this.#key[0] = id;
      if (!this.counters.lookup(new Uint8Array(this.#key.buffer), new Uint8Array(this.#values.buffer))) continue;
      for (const cpu of byCpu.keys()) byCpu[cpu]! += Number(this.#values[cpu * this.#perCpu + index]);
    }
    return byCpu;
  }

  #readProbe(probe: { readonly id: number; readonly name: string }): readonly Loss[] {
    this.#key[0] = probe.id;
    if (!this.counters.lookup(new Uint8Array(this.#key.buffer), new Uint8Array(this.#values.buffer))) return [];
    return this.#reasons.flatMap(({ kind, reason, index }) => {
      let count = 0;
      for (let at = index; at < this.#values.length; at += this.#perCpu) count += Number(this.#values[at]);
      return count === 0 ? [] : [{ kind, probe: probe.name, reason, count }];
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
      return count === 0 ? [] : [{ kind: "lost" as const, probe: `collector ${collector}`, reason, count }];
    });
  }
}

/** What the reading side could not use of the records that it got. */
export function readerLosses(stats: RecordStats): readonly Loss[] {
  const probe = "all probes";
  const bad = [...stats.badSections].map(([key, count]): Loss => {
    return { kind: "incomplete", probe, reason: `section ${key} not readable`, count };
  });
  const others: readonly Loss[] = [
    { kind: "incomplete", probe, reason: "section of unknown origin", count: stats.unknownOwners },
    { kind: "incomplete", probe, reason: "section sent twice", count: stats.repeatedSections },
    { kind: "incomplete", probe, reason: "record cut short", count: stats.truncatedRecords },
    { kind: "lost", probe, reason: "record without content", count: stats.emptyRecords },
  ];
  return [...bad, ...others.filter(({ count }) => count > 0)];
}

/** Those of one kind. */
export function ofKind(losses: readonly Loss[], kind: LossKind): readonly Loss[] {
  return losses.filter((loss) => loss.kind === kind);
}

/** Sum of the counts of one kind. */
export function totalOf(losses: readonly Loss[], kind: LossKind): number {
  return ofKind(losses, kind).reduce((total, { count }) => total + count, 0);
}
