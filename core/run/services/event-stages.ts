/** Stages of collectors: what becomes of events with a section before they are written. */
import type { Event, SectionData } from "../../api/event.ts";
import type { EventStage } from "../../api/run.ts";
import { reasonOf } from "../../base/errors.ts";
import { log } from "../../base/log.ts";
import type { RecordCodec } from "../../event/record.ts";
import { stageResult } from "../../stages/stage-result.ts";

/** Events that may wait for slow stages; further ones are written as they are. */
export const waitingLimit = 1024;

interface Stage {
  readonly owner: string;
  readonly key: string;
  readonly decide: EventStage;
  /** Keys of sections that the collector declares. */
  readonly declared: ReadonlySet<string>;
  /** Milliseconds that an event may wait. */
  readonly within: number;
  failures: number;
  late: number;
  crowded: number;
}

/** What became of an event for which nothing is written now. */
type Unwritten = "left-out" | "waiting";

export class EventStages {
  /** Whether the record at hand has a section with a stage; set by the codec, which need not decode it to know. */
  seen = false;
  readonly #stages: Stage[] = [];
  readonly #done: Event[] = [];
  #waiting = 0;

  /**
   * @param codec says which records have a section
   * @param background starts asynchronous work of a collector
   */
  constructor(
    private readonly codec: Pick<RecordCodec, "watch">,
    private readonly background: (owner: string, work: (signal: AbortSignal) => Promise<void>) => void,
  ) {}

  add({ owner, key, decide, declared, within }: Omit<Stage, "failures" | "late" | "crowded">): void {
    if (!this.#stages.some((stage) => stage.key === key))
      this.codec.watch(key, () => {
        this.seen = true;
      });
    this.#stages.push({ owner, key, decide, declared, within, failures: 0, late: 0, crowded: 0 });
  }

  /** What is written now in place of an event; one that waits comes later with {@link take}. */
  apply(event: Event): Event | Unwritten {
    return this.#from(0, event);
  }

  /** Events that no longer wait, in the order in which they were done. */
  take(): readonly Event[] {
    return this.#done.length === 0 ? [] : this.#done.splice(0);
  }

  /** What went wrong, as causes of loss by collector. */
  losses(): readonly { readonly owner: string; readonly reason: string; readonly count: number }[] {
    return this.#stages.flatMap(({ owner, key, failures, late, crowded }) =>
      [
        { owner, reason: `failed in its stage of section ${key}`, count: failures },
        { owner, reason: `too late in its stage of section ${key}: the event was written as it was`, count: late },
        { owner, reason: `more than ${waitingLimit} events waited for stages: one was written as it was`, count: crowded },
      ].filter(({ count }) => count > 0),
    );
  }

  /** Applies the stages from one on. */
  #from(first: number, event: Event): Event | Unwritten {
    let current = event;
    for (let index = first; index < this.#stages.length; index++) {
      const stage = this.#stages[index]!;
      const data = current[stage.key];
      if (data === undefined) continue;
      const decided = this.#decide(stage, data, current);
      if (decided instanceof Promise) return this.#wait(index, stage, current, decided);
      if (decided === undefined) return "left-out";
      current = decided;
    }
    return current;
  }

  #decide(stage: Stage, data: SectionData, event: Event): Event | undefined | Promise<Event | undefined> {
    try {
      const decided = stage.decide(data, event);
      return decided instanceof Promise ? decided : stageResult(event, decided, stage.declared);
    } catch (error) {
      return this.#failed(stage, event, error);
    }
  }

  /** A stage that fails changes nothing. */
  #failed(stage: Stage, event: Event, error: unknown): Event {
    if (stage.failures++ === 0) log.warn(`Collector ${stage.owner} failed in its stage of section ${stage.key}: ${reasonOf(error)}`);
    return event;
  }

  #wait(index: number, stage: Stage, event: Event, decided: Promise<Event | undefined>): Event | Unwritten {
    // Whatever it answers later, nobody listens any more.
    decided.catch(() => {});
    if (this.#waiting >= waitingLimit) {
      stage.crowded++;
      return this.#from(index + 1, event);
    }
    this.#waiting++;
    this.background(stage.owner, async (signal) => {
      const result = await this.#settle(stage, event, decided, signal);
      this.#waiting--;
      const written = result === undefined ? "left-out" : this.#from(index + 1, result);
      if (typeof written !== "string") this.#done.push(written);
    });
    return "waiting";
  }

  /** What a slow stage gives in time; the event as it was when it is late, or the run ends. */
  async #settle(stage: Stage, event: Event, decided: Promise<Event | undefined>, signal: AbortSignal): Promise<Event | undefined> {
    const timeout = Promise.withResolvers<"late">();
    const stop = () => timeout.resolve("late");
    const timer = setTimeout(stop, stage.within);
    signal.addEventListener("abort", stop, { once: true });
    try {
      const result = await Promise.race([decided, timeout.promise]);
      if (result !== "late") return stageResult(event, result, stage.declared);
      stage.late++;
      return event;
    } catch (error) {
      return this.#failed(stage, event, error);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
  }
}
