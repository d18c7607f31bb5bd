/** Stages of collectors where events are shown or counted (`Collector.readerStages`). */
import type { Collector } from "../api/collector.ts";
import type { Event, SectionData } from "../api/event.ts";
import type { ReaderContext, ReaderOutput, ReaderStage } from "../api/reader-stage.ts";
import { reasonOf } from "../base/errors.ts";
import { log } from "../base/log.ts";
import { counted } from "../base/plural.ts";
import { dropClassifier, eventClassifier } from "../output/drop-classes.ts";
import { stageResult } from "./stage-result.ts";

/** After so many failures a stage is not called any more. */
const failureLimit = 100;

interface Stage {
  readonly owner: string;
  readonly key: string;
  readonly decide: ReaderStage;
  /** Keys of sections that the collector declares. */
  readonly declared: ReadonlySet<string>;
  failures: number;
}

export class ReaderStages {
  readonly #stages: readonly Stage[];

  private constructor(stages: readonly Stage[]) {
    this.#stages = stages;
  }

  /**
   * Stages of collectors, in their order. One whose stages cannot be had is reported, and has none.
   *
   * @param acting the collectors
   * @param known all whose knowledge of drops counts
   */
  static async of(acting: readonly Collector[], output: ReaderOutput, known: readonly Collector[]): Promise<ReaderStages> {
    const dropClasses = async () => eventClassifier(await dropClassifier(known));
    const stages = await Promise.all(acting.map((collector) => stagesOf(collector, { output, dropClasses })));
    return new ReaderStages(stages.flat());
  }

  /** Whether events are to go through them at all. */
  get any(): boolean {
    return this.#stages.length > 0;
  }

  /** Whether events with the section go through one of them. */
  concern(key: string): boolean {
    return this.#stages.some((stage) => stage.key === key);
  }

  /** What is shown of an event; undefined: nothing. What is about the recording, and not about a packet, stays as it is. */
  apply(event: Event): Event | undefined {
    if (event["startup"] !== undefined || event["loss"] !== undefined || event["clock"] !== undefined) return event;
    let current: Event | undefined = event;
    for (const stage of this.#stages) {
      const data: SectionData | undefined = current[stage.key];
      if (data === undefined || stage.failures >= failureLimit) continue;
      current = decide(stage, data, current);
      if (current === undefined) return undefined;
    }
    return current;
  }

  /** The events of a series that are shown. */
  applyAll(series: readonly Event[]): readonly Event[] {
    return series.map((event) => this.apply(event)).filter((event) => event !== undefined);
  }

  /** Says how often stages failed; call it at the end. Returns the exit status: 1 when any did. */
  report(): 0 | 1 {
    const failed = this.#stages.filter(({ failures }) => failures > 0);
    for (const { owner, key, failures } of failed) {
      const end = failures >= failureLimit ? "; it was not called any more then" : "";
      if (failures > 1) log.warn(`Collector ${owner} failed ${counted(failures, "time")} in its stage of section ${key}${end}`);
    }
    return failed.length > 0 ? 1 : 0;
  }
}

async function stagesOf(collector: Collector, context: ReaderContext): Promise<readonly Stage[]> {
  const { name, sections } = collector;
  try {
    const stages: unknown = (await collector.readerStages?.(context)) ?? {};
    if (typeof stages !== "object") throw new TypeError("they are not an object with functions");
    const declared = new Set(sections.map(({ key }) => key));
    return Object.entries(stages as Readonly<Record<string, unknown>>).map(([key, stage]) => {
      if (typeof stage !== "function") throw new TypeError(`that of section ${key} is not a function`);
      return { owner: name, key, decide: stage as ReaderStage, declared, failures: 0 };
    });
  } catch (error) {
    log.warn(`Collector ${name} cannot make its stages: ${reasonOf(error)}`);
    return [];
  }
}

/** A stage that fails changes nothing. */
function decide(stage: Stage, data: SectionData, event: Event): Event | undefined {
  const { owner, key, declared } = stage;
  try {
    const decided: unknown = stage.decide(data, event);
    if (!(decided instanceof Promise)) return stageResult(event, decided, declared);
    decided.catch(() => {});
    throw new TypeError("it returned a promise");
  } catch (error) {
    if (stage.failures++ === 0) log.warn(`Collector ${owner} failed in its stage of section ${key}: ${reasonOf(error)}`);
    return event;
  }
}
