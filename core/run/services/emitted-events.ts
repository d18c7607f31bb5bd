/** Events that collectors make in user space, on their way to the outputs. */
import type { Event, SectionData } from "../../api/event.ts";
import { isU64 } from "../../api/event.ts";
import type { Section } from "../../api/section.ts";

/** Events that may wait: they are written each time the record loop comes around, unless a reader takes nothing. */
export const waitingLimit = 8192;

export class EmittedEvents {
  readonly #now: () => number | bigint;
  #waiting: Event[] = [];

  /** @param now CLOCK_MONOTONIC, nanoseconds */
  constructor(now: () => number | bigint) {
    this.#now = now;
  }

  /**
   * Adds an event; false when too many wait.
   * @param declared sections that the collector has
   * @throws TypeError when it is not made of these
   */
  add(declared: readonly Section[], sections: Readonly<Record<string, SectionData>>, timestamp: number | bigint | undefined): boolean {
    if (timestamp !== undefined && !isU64(timestamp)) throw new TypeError(`cannot emit an event: ${timestamp} is not a time stamp`);
    const entries = Object.entries(sections);
    if (entries.length === 0) throw new TypeError("cannot emit an event without sections");
    for (const [key, data] of entries) checkSection(declared, key, data);
    if (this.#waiting.length >= waitingLimit) return false;
    // A copy: what the caller changes later must not change the event.
    this.#waiting.push({ common: { timestamp: timestamp ?? this.#now() }, ...structuredClone(sections) });
    return true;
  }

  /** What waits, oldest first; nothing waits afterwards. */
  take(): readonly Event[] {
    if (this.#waiting.length === 0) return [];
    return this.#waiting.splice(0);
  }
}

function checkSection(declared: readonly Section[], key: string, data: unknown): void {
  const section = declared.find((one) => one.key === key);
  if (!section) throw new TypeError(`cannot emit section "${key}": the collector declares no such section`);
  if (typeof data !== "object" || data === null || Array.isArray(data))
    throw new TypeError(`cannot emit section "${key}": it is not an object`);
  const { required = [], properties } = section.schema;
  const missing = required.find((property) => (data as SectionData)[property] === undefined);
  if (missing !== undefined) throw new TypeError(`cannot emit section "${key}": property ${missing} is missing`);
  const unknown = Object.keys(data).find((property) => !(property in properties));
  if (unknown !== undefined) throw new TypeError(`cannot emit section "${key}": its schema has no property ${unknown}`);
}
