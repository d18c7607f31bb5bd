/** Decoders that recognise events which resemble earlier ones, and decode the others. */
import type { Event } from "../api/event.ts";
import type { Section } from "../api/section.ts";
import type { CborDecoder } from "../cbor/decoder.ts";
import type { CborMatcher } from "../pattern/cbor-matcher.ts";
import type { EventMatcher } from "../pattern/event-matcher.ts";
import type { TextTarget } from "../pattern/event-writer.ts";
import { matcherFor } from "../pattern/form-matcher.ts";
import type { MatchedEvent } from "../pattern/matched-event.ts";
import type { ItemDecoder } from "./cbor-sequence-reader.ts";
import type { LineDecoder } from "./json-line-reader.ts";
import type { JsonLineParser } from "./json-line-parser.ts";

/** Gives {@link matched} for an event that was recognised, else what the decoder gives. */
export class MatchingCborDecoder implements ItemDecoder {
  position = 0;
  readonly matched: MatchedEvent;
  /** Where events go as text that need not be given to anybody. */
  target: TextTarget | undefined;
  readonly #matcher: CborMatcher;
  readonly #decoder: CborDecoder;
  #start = 0;

  constructor(decoder: CborDecoder, known: readonly Section[]) {
    this.#decoder = decoder;
    this.#matcher = matcherFor("cbor", known);
    this.matched = this.#matcher.event;
  }

  setBytes(bytes: Uint8Array, end: number, stop: number): void {
    this.#decoder.setBytes(bytes, end);
    this.#matcher.setBytes(bytes, end, stop);
  }

  /** Writes events to {@link target}; returns where the first one begins that was not written. */
  pass(start: number): number {
    return this.target === undefined ? start : this.#matcher.write(start, this.target);
  }

  decode(start: number): unknown {
    this.#start = start;
    if (this.#matcher.match(start)) {
      this.position = this.matched.end;
      return this.matched;
    }
    const item = this.#decoder.decode(start);
    this.position = this.#decoder.position;
    return item;
  }

  decodeOnce(start: number): unknown {
    const item = this.#decoder.decodeOnce(start);
    this.position = this.#start = this.#decoder.position;
    return item;
  }

  /** Learns from the event that was decoded last. */
  learn(event: Event): void {
    if (this.#start < this.position) this.#matcher.learn(event, this.#start, this.position);
  }
}

/** The same for the JSON form. */
export class MatchingLineDecoder implements LineDecoder {
  readonly matched: MatchedEvent;
  readonly #matcher: EventMatcher;
  readonly #parser: JsonLineParser;
  #start = 0;
  #isMatch = false;

  constructor(parser: JsonLineParser, known: readonly Section[]) {
    this.#parser = parser;
    this.#matcher = matcherFor("json", known);
    this.matched = this.#matcher.event;
  }

  get warning(): string | undefined {
    return this.#isMatch ? undefined : this.#parser.warning;
  }

  decode(bytes: Uint8Array, start: number, end: number): unknown {
    this.#matcher.setBytes(bytes, end);
    this.#isMatch = this.#matcher.match(start);
    if (this.#isMatch) return this.matched;
    this.#start = start;
    return this.#parser.decode(bytes, start, end);
  }

  /** Learns from the event that was parsed last. */
  learn(event: Event): void {
    const { end } = this.#matcher;
    if (this.warning === undefined) this.#matcher.learn(event, this.#start, end);
  }
}
