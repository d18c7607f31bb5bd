import type { SectionPattern } from "./section-pattern.ts";

/** Most integers in the holes of an event. */
export const maxNumbers = 64;

/** Sections that follow each other in events; those of one event after the other lead from pattern to pattern. */
export class EventPattern {
  readonly sections: readonly SectionPattern[];
  /** Index of the first integer of each section. */
  readonly firstNumbers: readonly number[];
  /** Number of integers in holes. */
  readonly numbers: number;
  /** No two sections have the same key, at most one holds bytes, and there are not too many integers. */
  readonly isEvent: boolean;
  /** Whether a hole holds bytes. */
  readonly hasBytes: boolean;
  /** In the tables of native code. */
  number = 0;
  readonly #next = new Map<SectionPattern, EventPattern>();
  #recentSection: SectionPattern | undefined;
  #recent: EventPattern | undefined;
  #noteOwner: object | undefined;
  #note: unknown;
  /** Of each owner. */
  #notes: WeakMap<object, unknown> | undefined;

  /** @param before undefined for the one without sections */
  constructor(before?: EventPattern, section?: SectionPattern) {
    const previous = before?.sections ?? [];
    this.sections = section === undefined ? previous : [...previous, section];
    this.firstNumbers = section === undefined ? [] : [...before!.firstNumbers, before!.numbers];
    this.numbers = (before?.numbers ?? 0) + (section?.numbers ?? 0);
    const keys = new Set(this.sections.map(({ key }) => key));
    const withBytes = this.sections.filter(({ hasBytes }) => hasBytes).length;
    this.hasBytes = withBytes > 0;
    this.isEvent = keys.size === this.sections.length && this.numbers <= maxNumbers && withBytes <= 1;
  }

  /** The pattern with one section more, if there is one. */
  next(section: SectionPattern): EventPattern | undefined {
    if (section === this.#recentSection) return this.#recent;
    const next = this.#next.get(section);
    if (next !== undefined) {
      this.#recentSection = section;
      this.#recent = next;
    }
    return next;
  }

  add(section: SectionPattern): EventPattern {
    const next = new EventPattern(this, section);
    this.#next.set(section, next);
    return next;
  }

  /** Position of a section among the others; -1 when the events do not have it. */
  indexOf(key: string): number {
    return this.sections.findIndex((section) => section.key === key);
  }

  /** Index of an integer of events, e.g. `common` and `task.pid`; -1 when it is not in a hole. */
  numberOf(key: string, path: string): number {
    const section = this.indexOf(key);
    const number = section < 0 ? -1 : this.sections[section]!.numberOf(path);
    return number < 0 ? -1 : this.firstNumbers[section]! + number;
  }

  /** What an owner keeps with the pattern, made when it is first needed. */
  noteOf<T>(owner: object, make: () => T): T {
    if (this.#noteOwner === owner) return this.#note as T;
    const notes = (this.#notes ??= new WeakMap());
    if (!notes.has(owner)) notes.set(owner, make());
    this.#noteOwner = owner;
    this.#note = notes.get(owner);
    return this.#note as T;
  }
}
