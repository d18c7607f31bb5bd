import type { Event } from "../api/event.ts";
import type { EventPatterns } from "./event-patterns.ts";
import { MatchedEvent } from "./matched-event.ts";

/**
 * Recognises events that consist of sections which were seen before: comparing bytes is several times as fast as decoding them,
 * and what follows from them, e.g. their text, is known already. Anything unusual is not recognised, and read in the ordinary way.
 */
export abstract class EventMatcher {
  /** What was found last. */
  readonly event = new MatchedEvent();
  protected readonly patterns: EventPatterns;
  protected bytes: Uint8Array = new Uint8Array(0);
  /** Where the bytes at hand end. */
  end = 0;

  constructor(patterns: EventPatterns) {
    this.patterns = patterns;
  }

  /**
   * Sets the bytes that events are in; call it again when they have changed.
   *
   * @param stop no event that begins there or later is asked for
   */
  abstract setBytes(bytes: Uint8Array, end: number, stop?: number): void;

  /** Whether the event at `start` is one of known sections; it is {@link event} then. */
  abstract match(start: number): boolean;

  /** Learns from an event that was not recognised; it ends at `end`. */
  learn(event: Event, start: number, end: number): void {
    this.patterns.learn(event, this.bytes.subarray(start, end));
  }
}
