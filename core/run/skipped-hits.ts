/**
 * Hits that the kernel did not show to our programs: a program that is already running on a CPU is not run again by what
 * interrupts it (kernel/trace/bpf_trace.c), and some calls cannot be watched at all. No filter has seen them.
 */
import { programStatistics } from "../libbpf/program-info.ts";
import type { LoadedProbes, LoadedProgram } from "../probe/loaded-probes.ts";
import { emits, type Probe } from "../probe/probe.ts";
import { counted } from "../base/plural.ts";
import type { Loss } from "./loss.ts";
import { trackingProbes } from "./tracking-table.ts";

const recursion = "hit while already running on that CPU";
const unwatched = "call that the kernel could not watch";
const mayBeAnEnd = ", may have been the end of a packet";

const kinds = { kprobe: "function", kretprobe: "return", raw_tracepoint: "tracepoint", usdt: "user-space", uprobe: "user-space" } as const;

type Part = Pick<LoadedProbes, "missed" | "programs">;

/** Counts between `start` and `stop`; before and after, programs are attached but do nothing. */
export class SkippedHits {
  /** What the kernel had counted at the start, by program and by kind of probe. */
  readonly #before = new Map<number | Part, number>();
  #final: readonly Loss[] | undefined;

  /**
   * @param name a probe as messages show it
   * @param missesOf hits of a program that the kernel skipped so far
   */
  constructor(
    private readonly parts: readonly Part[],
    private readonly name: (probe: Probe) => string,
    private readonly missesOf = (fd: number) => programStatistics(fd)?.recursionMisses ?? 0,
  ) {}

  /** Programs may have been hit already, and the kernel counts from when they are attached. */
  start(): void {
    for (const { fd } of this.#programs) this.#before.set(fd, this.missesOf(fd));
    for (const part of this.parts) this.#before.set(part, part.missed);
  }

  /** What was counted so far stays; call it when programs are stopped. */
  stop(): void {
    this.#final ??= this.#read();
  }

  /** By program. */
  read(): readonly Loss[] {
    return this.#final ?? this.#read();
  }

  get #programs(): readonly LoadedProgram[] {
    return this.parts.flatMap(({ programs }) => programs);
  }

  #read(): readonly Loss[] {
    const skipped = this.#programs.flatMap(({ fd, probes }) => {
      return this.#lossOf(probes, recursion, this.missesOf(fd) - this.#countedBefore(fd));
    });
    const unseen = this.parts.flatMap((part) => {
      const probes = part.programs.flatMap((program) => program.probes);
      return this.#lossOf(probes, unwatched, part.missed - this.#countedBefore(part));
    });
    return summed([...skipped, ...unseen]);
  }

  #countedBefore(key: number | Part): number {
    return this.#before.get(key) ?? 0;
  }

  #lossOf(probes: readonly Probe[], reason: string, count: number): readonly Loss[] {
    if (count <= 0) return [];
    if (probes.length > 0 && !probes.some(emits))
      return [{ kind: "untracked", probe: trackingProbes, reason: `${reason}${mayBeAnEnd}`, count }];
    return [{ kind: "skipped", probe: this.#nameOf(probes), reason, count }];
  }

  /** One program may serve many probes; the kernel does not say which of them was hit. */
  #nameOf(probes: readonly Probe[]): string {
    const distinct = [...new Map(probes.map((probe) => [probe.id, probe])).values()];
    const [first] = distinct;
    if (first === undefined) return "all probes";
    return distinct.length === 1 ? this.name(first) : counted(distinct.length, `${kinds[first.type]} probe`);
  }
}

/** One entry for each probe and reason. */
function summed(losses: readonly Loss[]): readonly Loss[] {
  const groups = Map.groupBy(losses, ({ probe, reason }) => `${probe} ${reason}`);
  return [...groups.values()].map((group) => ({ ...group[0]!, count: group.reduce((sum, { count }) => sum + count, 0) }));
}
