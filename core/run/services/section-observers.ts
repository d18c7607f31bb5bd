/** Calls collectors back for the sections that they watch. */
import type { Event } from "../../api/event.ts";
import type { SectionObserver } from "../../api/run.ts";
import { reasonOf } from "../../base/errors.ts";
import { log } from "../../base/log.ts";
import type { RecordCodec } from "../../event/record.ts";

interface Observer {
  readonly owner: string;
  readonly key: string;
  readonly call: SectionObserver;
  failures: number;
}

export class SectionObservers {
  /** Whether the record at hand has a section that is watched; set by the codec, which need not decode it to know. */
  seen = false;
  readonly #observers: Observer[] = [];

  constructor(private readonly codec: Pick<RecordCodec, "watch">) {}

  add(owner: string, key: string, call: SectionObserver): void {
    if (!this.#observers.some((observer) => observer.key === key))
      this.codec.watch(key, () => {
        this.seen = true;
      });
    this.#observers.push({ owner, key, call, failures: 0 });
  }

  notify(event: Event): void {
    for (const observer of this.#observers) {
      const data = event[observer.key];
      if (data === undefined) continue;
      try {
        observer.call(data, event);
      } catch (error) {
        if (observer.failures++ === 0) log.warn(`Collector ${observer.owner} failed at section ${observer.key}: ${reasonOf(error)}`);
      }
    }
  }

  /** Calls that failed, by collector and section. */
  failures(): readonly { readonly owner: string; readonly key: string; readonly count: number }[] {
    return this.#observers.filter(({ failures }) => failures > 0).map(({ owner, key, failures }) => ({ owner, key, count: failures }));
  }
}
