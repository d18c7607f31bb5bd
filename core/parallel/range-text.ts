import type { Event } from "../api/event.ts";
import type { Section } from "../api/section.ts";
import { paintIn } from "../base/colour.ts";
import { isUtf8Locale } from "../base/terminal.ts";
import { base64FieldsOfSections } from "../file/base64-fields.ts";
import { type EventVisitor, FileReader } from "../file/file-reader.ts";
import { ReadErrors } from "../file/read-errors.ts";
import type { TextTarget } from "../pattern/event-writer.ts";
import { EventClock } from "../output/event-clock.ts";
import { EventLayout } from "../output/layout.ts";
import { ItemSearch } from "./item-search.ts";
import { rangeStart, type TextJob } from "./text-job.ts";

/** What was made of the events of a range. */
export interface RangeText {
  /** Where the first of its items was taken to begin; where the range ends if none was found. */
  readonly start: number;
  /** Where the next item begins. */
  readonly end: number;
  /** Bytes of text. */
  readonly length: number;
}

/** Characters of text that are turned into bytes at once. */
const pieceSize = 32 * 1024;

/** Something that cannot be decided without what precedes it: a change of the clock, the start of another recording. */
class Unusual extends Error {}

/** Whether how later events are shown depends on an event. */
export function changesLaterText({ startup, clock }: Event): boolean {
  return startup !== undefined || clock !== undefined;
}

/** Makes text of the events of one range after the other, wherever in the file it is. */
export class RangeFormatter implements TextTarget {
  readonly #job: TextJob;
  readonly #errors = new ReadErrors();
  readonly #reader: FileReader;
  readonly #layout: EventLayout;
  readonly #search: ItemSearch;
  #target: Uint8Array = new Uint8Array(0);
  /** Bytes of text in the target. */
  size = 0;
  #text = "";
  readonly #visitor: EventVisitor = {
    event: (event) => {
      if (changesLaterText(event)) throw new Unusual();
      this.#add(this.#layout.eventText(event));
    },
    matched: (event) => {
      if (event.pattern.noteOf(this, () => changesLaterText(event.toEvent()))) throw new Unusual();
      this.#add(this.#layout.matchedText(event));
    },
    target: this,
  };

  /** @throws TraceError as opening a file does */
  constructor(job: TextJob, sections: readonly Section[]) {
    const { format, linkLayer, time, path, from } = job;
    this.#job = job;
    this.#reader = new FileReader(path, this.#errors, { base64Fields: base64FieldsOfSections(sections), known: sections, visited: true });
    const clock = new EventClock({ mode: time });
    for (const event of (this.#reader.next() ?? []).flat()) clock.observe(event as Event);
    this.#layout = new EventLayout(sections, { format, linkLayer, clock, paint: paintIn(job.colour), unicode: isUtf8Locale() });
    this.#reader.seek(from);
    this.#search = new ItemSearch(this.#reader.peekBytes());
  }

  /**
   * The text of a range; undefined when there is something unusual in it, damage too, so that it has to be read in order. Never throws.
   *
   * @param target for the text, UTF-8
   * @param from where its first item begins, if that is known; otherwise it is searched, and may turn out not to be one
   */
  format(range: number, target: Uint8Array, from?: number): RangeText | undefined {
    const limit = rangeStart(this.#job, range + 1);
    this.#target = target;
    this.size = 0;
    this.#text = "";
    try {
      const start = from ?? this.#firstItem(rangeStart(this.#job, range), limit);
      if (start === undefined || start >= limit) return { start: limit, end: limit, length: 0 };
      this.#reader.seek(start);
      const end = this.#visitUpTo(limit);
      this.#encode();
      return end === undefined ? undefined : { start, end, length: this.size };
    } catch {
      return undefined;
    }
  }

  /** The target, after the text that was added so far. */
  get bytes(): Uint8Array {
    if (this.#text !== "") this.#encode();
    return this.#target;
  }

  makeRoom(): boolean {
    return false;
  }

  #add(text: string): void {
    this.#text += text;
    if (this.#text.length >= pieceSize) this.#encode();
  }

  /** Throws when there is no room for the text. */
  #encode(): void {
    const bytes = Buffer.from(this.#text, "utf8");
    if (bytes.length > this.#target.length - this.size) throw new Unusual();
    this.#target.set(bytes, this.size);
    this.size += bytes.length;
    this.#text = "";
  }

  close(): void {
    this.#reader.close();
  }

  #firstItem(offset: number, limit: number): number | undefined {
    for (let from = offset; from < limit; ) {
      this.#reader.seek(from);
      const bytes = this.#reader.peekBytes();
      const found = this.#search.find(bytes);
      if (found >= 0) return from + found;
      if (bytes.length <= this.#search.overlap) return undefined;
      from += bytes.length - this.#search.overlap;
    }
    return undefined;
  }

  /** Where reading ended, when nothing was reported. */
  #visitUpTo(limit: number): number | undefined {
    const errors = this.#errors.count;
    for (;;) {
      const { position } = this.#reader;
      if (position === undefined || this.#errors.count > errors) return undefined;
      if (position >= limit) return position;
      if (!this.#reader.visit(this.#visitor, limit)) return undefined;
    }
  }
}
