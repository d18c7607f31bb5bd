import { type Event, type SectionData, type U64, u64FromHalves } from "../api/event.ts";
import type { Halves } from "../file/event-scan.ts";
import { MatchedEvent } from "../pattern/matched-event.ts";
import type { EventSources } from "./event-sources.ts";
import type { InputIndexer } from "./index-inputs.ts";
import type { SeriesIndex } from "./series-index.ts";
import type { SectionCompletion } from "./section-completion.ts";

/**
 * Most events and bytes that are written as one array: what reads the file holds an array in memory, and leaves out one of more
 * than 24 MiB. Bytes are those of the input: in JSON, what was CBOR is twice as long. A longer series is written in several parts, whose indexes go on.
 */
const maxEvents = 16_384;
const maxBytes = 8 * 1024 * 1024;

/** The id of a packet, and the address of the skb of the first event that has one. Valid until the next series. */
export interface SeriesTracking {
  readonly head: Halves;
  readonly time: Halves;
  readonly skb: Halves;
}

/** A series, or a part of a very long one: its events `from` to `to - 1`. */
export interface SeriesPart {
  readonly from: number;
  readonly to: number;
  /** What the section `tracking` of all its events says; undefined for an event that belongs to no packet. */
  readonly id: SeriesTracking | undefined;
}

/** Goes through the series of an index, event by event. May throw FILE_READ and SCRATCH_WRITE. */
export class SeriesReader {
  readonly #index: SeriesIndex;
  readonly #completion: SectionCompletion;
  readonly sources: EventSources;

  constructor({ index, sources, completion }: InputIndexer) {
    this.#index = index;
    this.#completion = completion;
    this.sources = sources;
  }

  /** Parts of the next series; undefined at the end. */
  next(): readonly SeriesPart[] | undefined {
    const index = this.#index;
    if (!index.next()) return undefined;
    const id = index.tracked ? { head: index.idHead, time: index.idTime, skb: index.skb } : undefined;
    const { count } = index;
    if (count <= maxEvents && count * index.longest <= maxBytes) return [{ from: 0, to: count, id }];
    return this.#split(id);
  }

  #split(id: SeriesTracking | undefined): readonly SeriesPart[] {
    const index = this.#index;
    const parts: SeriesPart[] = [];
    let from = 0;
    let bytes = 0;
    for (let number = 0; number < index.count; number++) {
      index.readMember(number);
      if (number > from && (number - from === maxEvents || bytes + index.member.length > maxBytes)) {
        parts.push({ from, to: number, id });
        from = number;
        bytes = 0;
      }
      bytes += index.member.length;
    }
    return [...parts, { from, to: index.count, id }];
  }

  /** Fetches the bytes of an event of the series at hand, as `sources` have them; returns their length. */
  readBytes(number: number): number {
    this.#index.readMember(number);
    this.sources.read(this.#index.member);
    return this.#index.member.length;
  }

  /** Whether the event that was read last is to be written as {@link readEvent} gives it, and not as its bytes are. */
  get changes(): boolean {
    return this.#index.member.incomplete && this.#completion.known;
  }

  /** An event of the series at hand, without a section `tracking`. */
  readEvent(number: number): Event {
    const length = this.readBytes(number);
    const event = this.sources.decode(length);
    return this.changes ? this.#completion.complete(event) : event;
  }

  /** Events of a part as they are shown and written. */
  readPart(part: SeriesPart): readonly Event[] {
    const events: Event[] = [];
    this.visitPart(part, (event, tracking) => {
      const whole = event instanceof MatchedEvent ? event.toEvent() : event;
      events.push(tracking === undefined ? whole : { ...whole, tracking });
    });
    return events;
  }

  /** Events of a part one by one, and their section `tracking`. One that resembles earlier ones holds until the next. */
  visitPart({ from, to, id }: SeriesPart, visit: (event: Event | MatchedEvent, tracking: SectionData | undefined) => void): void {
    const skb = id && { orig_head: toU64(id.head), timestamp: toU64(id.time), skb: toU64(id.skb) };
    for (let number = from; number < to; number++) {
      const length = this.readBytes(number);
      const event = this.changes ? this.#completion.complete(this.sources.decode(length)) : this.sources.recall(length);
      visit(event, skb && { skb, idx: number });
    }
  }
}

function toU64({ low, high }: Halves): U64 {
  return u64FromHalves(low, high);
}
