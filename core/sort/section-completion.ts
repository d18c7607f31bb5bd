import type { Event, SectionData } from "../api/event.ts";
import type { Section } from "../api/section.ts";
import { BoundedMap } from "./bounded-map.ts";

const remembered = 65_536;

/** Completes sections with what sections of other events say, which may come later in the file (`Section.completedBy`). */
export class SectionCompletion {
  readonly #sections: readonly Section[];
  readonly #found = new Map<string, BoundedMap<SectionData>>();

  constructor(sections: readonly Section[]) {
    this.#sections = sections.filter(({ completedBy }) => completedBy !== undefined);
  }

  /** Keys of the sections that complete others, or are completed. */
  get keys(): readonly string[] {
    return this.#sections.flatMap(({ key, completedBy }) => [key, completedBy!.section]);
  }

  /** Remembers what an event says that completes others; true if the event itself may have to be completed. */
  note(event: Event): boolean {
    let isIncomplete = false;
    for (const { key, completedBy } of this.#sections) {
      const source = event[completedBy!.section];
      const name = source && keyOf(() => completedBy!.key(source));
      if (source && name !== undefined) this.#foundFor(key).set(name, source);
      const own = event[key];
      if (own && keyOf(() => completedBy!.key(own)) !== undefined) isIncomplete = true;
    }
    return isIncomplete;
  }

  /** Whether completing can change anything. */
  get known(): boolean {
    return this.#found.size > 0;
  }

  /** The event with its sections completed; the event itself when there is nothing to add. */
  complete(event: Event): Event {
    let completed = event;
    for (const { key, completedBy } of this.#sections) {
      const own = event[key];
      const name = own && keyOf(() => completedBy!.key(own));
      const source = name === undefined ? undefined : this.#foundFor(key).get(name);
      if (own && source) completed = { ...completed, [key]: completedBy!.complete(own, source) };
    }
    return completed;
  }

  #foundFor(key: string): BoundedMap<SectionData> {
    const known = this.#found.get(key);
    if (known) return known;
    const fresh = new BoundedMap<SectionData>(remembered);
    this.#found.set(key, fresh);
    return fresh;
  }
}

/** Files from elsewhere may have anything in a section. */
function keyOf(ask: () => string | undefined): string | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
