import type { Event } from "../api/event.ts";
import type { EventPatterns, Step } from "./event-patterns.ts";
import type { HoleKind } from "./hole.ts";
import type { LiteralTree } from "./literal-tree.ts";
import { MatchedEvent } from "./matched-event.ts";
import type { SectionPattern } from "./section-pattern.ts";

/**
 * Recognises events that consist of sections which were seen before: comparing bytes is several times as fast as decoding them,
 * and what follows from them, e.g. their text, is known already. Anything unusual is not recognised, and read in the ordinary way.
 */
export abstract class EventMatcher {
  /** What was found last. */
  readonly event = new MatchedEvent();
  protected readonly patterns: EventPatterns;
  protected bytes: Uint8Array = new Uint8Array(0);
  protected words = new DataView(this.bytes.buffer);
  /** Where the bytes at hand end. */
  end = 0;
  /** Number of integers that were found. */
  protected numbers = 0;
  /** Where the section ends that was found last. */
  protected position = 0;

  constructor(patterns: EventPatterns) {
    this.patterns = patterns;
  }

  /** Sets the bytes that events are in. */
  setBytes(bytes: Uint8Array, end: number): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    this.end = end;
  }

  /** Whether the event at `start` is one of known sections; it is {@link event} then. */
  abstract match(start: number): boolean;

  /** Learns from an event that was not recognised; it ends at `end`. */
  learn(event: Event, start: number, end: number): void {
    this.patterns.learn(event, this.bytes.subarray(start, end));
  }

  /** The position after the value at `at`, which goes into `event`; -1 when it is not one of the kind. */
  protected abstract readHole(kind: HoleKind, at: number): number;

  /** The section, with its key, at `at`. */
  protected section(at: number): SectionPattern | undefined {
    const { bytes, words, end } = this;
    let tree: LiteralTree<Step> = this.patterns.sections;
    for (;;) {
      const literal = tree.find(bytes, words, at, end);
      if (literal === undefined) return undefined;
      at += literal.length;
      const step = literal.meaning;
      if (step.section !== undefined) {
        this.position = at;
        return step.section;
      }
      at = this.readHole(step.hole.kind, at);
      if (at < 0) return undefined;
      tree = step.next;
    }
  }

  protected setNumber(high: number, low: number): void {
    const { numbers } = this.event;
    numbers[this.numbers * 2] = high;
    numbers[this.numbers * 2 + 1] = low;
    this.numbers++;
  }
}
