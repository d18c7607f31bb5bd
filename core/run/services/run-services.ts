/** What collectors may do while a run goes on (`Run` of core/api), for all collectors of the run. */
import type { Event, SectionData } from "../../api/event.ts";
import type { Host } from "../../api/host.ts";
import type { EventStage, Run, RunMap, SectionObserver } from "../../api/run.ts";
import type { Section } from "../../api/section.ts";
import type { RecordCodec } from "../../event/record.ts";
import type { PlannedCollector } from "../collector-plans.ts";
import type { Loss } from "../loss.ts";
import { BackgroundWork } from "./background-work.ts";
import { EmittedEvents, waitingLimit } from "./emitted-events.ts";
import { EventStages } from "./event-stages.ts";
import { PeriodicWork } from "./periodic-work.ts";
import { SectionObservers } from "./section-observers.ts";

/** How long an event waits for a stage unless the collector says otherwise. */
const stageMs = 1000;

/** What the services need of the run. */
export interface ServiceParts {
  /** All sections of the run. */
  readonly sections: readonly Section[];
  /** Finds a map of the hooks; undefined when no load has it. */
  readonly findMap: (name: string) => RunMap | undefined;
  readonly codec: RecordCodec;
  /** CLOCK_MONOTONIC, nanoseconds. */
  readonly now: () => number | bigint;
}

/** Losses that a collector counts in user space, and that there were too many of its events. */
class OwnLosses {
  readonly #counts = new Map<string, number>();

  constructor(private readonly collector: string) {}

  add(reason: string, count: number): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + count);
  }

  read(): readonly Loss[] {
    return [...this.#counts].map(([reason, count]) => ({ kind: "lost", probe: `collector ${this.collector}`, reason, count }));
  }
}

export class RunServices {
  readonly observers: SectionObservers;
  readonly stages: EventStages;
  readonly #background = new BackgroundWork();
  readonly #periodic = new PeriodicWork(this.#background);
  readonly #emitted: EmittedEvents;
  readonly #losses: OwnLosses[] = [];

  constructor(private readonly parts: ServiceParts) {
    this.observers = new SectionObservers(parts.codec);
    this.stages = new EventStages(parts.codec, (owner, work) => this.#background.start(owner, work));
    this.#emitted = new EmittedEvents(parts.now);
  }

  /** Whether sockets and timers are to get their turn at once. */
  get pending(): boolean {
    return this.#background.pending;
  }

  /** Milliseconds until periodic work is due; infinite when there is none. */
  untilDue(): number {
    return this.#periodic.untilDue(performance.now());
  }

  /** Does periodic work that is due; call it each time the record loop comes around. */
  turn(): void {
    this.#periodic.turn(performance.now());
  }

  /** Events that collectors made since the last call, and those that waited for a stage until now. */
  takeEvents(): readonly Event[] {
    const [staged, emitted] = [this.stages.take(), this.#emitted.take()];
    return staged.length === 0 ? emitted : [...staged, ...emitted];
  }

  /** What the collectors counted as lost in user space. */
  losses(): readonly Loss[] {
    const failed = this.observers.failures().map(({ owner, key, count }) => ({
      kind: "lost" as const,
      probe: `collector ${owner}`,
      reason: `failed at section ${key}`,
      count,
    }));
    const staged = this.stages
      .losses()
      .map(({ owner, reason, count }) => ({ kind: "incomplete" as const, probe: `collector ${owner}`, reason, count }));
    return [...this.#losses.flatMap((losses) => losses.read()), ...failed, ...staged];
  }

  /** The run as one collector sees it: the object that its `setup` got, by which it may have kept what belongs to the run. */
  runFor({ loaded: { collector }, host, plan, options }: PlannedCollector): Run {
    const losses = new OwnLosses(collector.name);
    this.#losses.push(losses);
    return Object.assign(host, {
      options,
      emit: (sections: Readonly<Record<string, SectionData>>, timestamp?: number | bigint) => {
        const taken = this.#emitted.add(collector.sections, sections, timestamp);
        if (!taken) losses.add(`more than ${waitingLimit} of its own events at once`, 1);
        return taken;
      },
      map: <K, V>(name: string) => {
        if (plan.maps?.[name]?.perLoad) throw new TypeError(`map ${name} cannot be used here: each load of programs has its own`);
        const map = this.parts.findMap(name);
        if (!map) throw new TypeError(`no hook of this run defines a map ${name} with types of its keys and values`);
        return map as unknown as RunMap<K, V>;
      },
      observe: (key: string, observer: SectionObserver) => {
        this.#requireSection(key);
        this.observers.add(collector.name, key, observer);
      },
      stage: (key: string, decide: EventStage, { within = stageMs } = {}) => {
        this.#requireSection(key);
        const declared = new Set(collector.sections.map((section) => section.key));
        this.stages.add({ owner: collector.name, key, decide, declared, within });
      },
      every: (milliseconds, work) => this.#periodic.add(collector.name, milliseconds, work),
      after: (milliseconds, work) => this.#periodic.addOnce(collector.name, milliseconds, work),
      background: (work) => this.#background.start(collector.name, work),
      lost: (loss, count = 1) => {
        const reason = collector.losses?.[loss];
        if (reason === undefined) throw new TypeError(`the collector declares no loss "${loss}"`);
        losses.add(reason, count);
      },
    } satisfies Omit<Run, keyof Host>);
  }

  #requireSection(key: string): void {
    if (!this.parts.sections.some((section) => section.key === key)) throw new TypeError(`no collector of this run has a section "${key}"`);
  }

  /** Ends all work that was begun; takes a second at most. */
  end(): Promise<void> {
    return this.#background.end();
  }
}
