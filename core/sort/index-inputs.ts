import { type Event, isU64, type SectionData, u64FromBigInt } from "../api/event.ts";
import type { Correlation, Section } from "../api/section.ts";
import { skbTrackingOf } from "../api/skb-tracking.ts";
import { reasonOf } from "../base/errors.ts";
import { type EventScan, Halves } from "../file/event-scan.ts";
import { joinNanoseconds } from "../base/time.ts";
import { isClockChange } from "../file/clock-offsets.ts";
import type { ClockChange, FileHeader } from "../file/header.ts";
import type { FileReader } from "../file/file-reader.ts";
import type { EventReader } from "../file/reader.ts";
import { EventSources } from "./event-sources.ts";
import { type EventLocation, incompleteMark, type SeriesFilter, type SeriesId, SeriesIndex } from "./series-index.ts";
import { PacketLinks } from "./packet-links.ts";
import { SectionCompletion } from "./section-completion.ts";
import { earliestStart, Recordings, type Recording, type RecordingFacts, shiftTime } from "./recordings.ts";
import { beginsRecording, setHalves, timeOf } from "./tracked-event.ts";

/** What is looked for in the events, and how many may be in memory. */
export interface IndexOptions {
  readonly filter: SeriesFilter;
  /** Condition number n sets bit n of the marks of the events that meet it; at most 31. */
  readonly conditions: readonly ((event: Event) => boolean)[];
  /** Events kept in memory, at least 1. */
  readonly limit: number;
  /** Sections that may be in the events: some say how events are joined and completed. */
  readonly sections: readonly Section[];
}

/** The address of an skb that is not known. */
const nowhere = new Halves();

/** Reads the events of all inputs into an index of their series. May throw FILE_READ and SCRATCH_WRITE. */
export class InputIndexer {
  readonly index: SeriesIndex;
  readonly sources: EventSources;
  readonly links = new PacketLinks();
  readonly completion: SectionCompletion;
  readonly #header: FileHeader;
  /** Changes of the wall clock of the recording whose clock is used for all, by the time since when they hold. */
  readonly #clockChanges = new Map<string, ClockChange>();
  events = 0;
  /** What could not be recorded, as the recordings themselves say. */
  lost = 0n;
  /** Hits that no filter saw. */
  skipped = 0n;
  /** Events left out as they hold what no event file can. */
  readonly unwritable = { count: 0, reason: "" };
  readonly #recordings: Recordings;
  readonly #conditions: IndexOptions["conditions"];
  readonly #correlating: readonly Section[];
  /** Sections that decide about more than a scan finds. */
  readonly #wanted: readonly string[];
  /** The event at hand: one object for all, as there are millions. */
  readonly #event = { time: new Halves(), skb: new Halves(), location: { source: 0, offset: 0, length: 0 }, marks: 0 };
  /** The packet of the event at hand, when it has one. */
  readonly #own = { clock: 0, time: new Halves(), head: new Halves() };
  #recording: Recording;

  constructor(readers: readonly [EventReader, ...EventReader[]], { filter, conditions, limit, sections }: IndexOptions) {
    this.#header = earliestStart(readers.map(({ header }) => header) as [FileHeader, ...FileHeader[]]);
    this.#recordings = new Recordings(this.#header);
    this.#recording = this.#recordings.begin(this.#header).recording;
    this.#conditions = conditions;
    this.completion = new SectionCompletion(sections);
    this.sources = new EventSources(sections);
    this.#correlating = sections.filter(({ correlate }) => correlate !== undefined);
    this.#wanted = [...new Set([...this.#correlating.map(({ key }) => key), ...this.completion.keys])];
    this.index = new SeriesIndex(limit, filter);
  }

  /** Header for what is written, once all was read: that of the recording whose clock is used for all. */
  get header(): FileHeader {
    if (this.#clockChanges.size === 0) return this.#header;
    return { ...this.#header, clock: { changes: [...this.#clockChanges.values()].toSorted(bySince) } };
  }

  /** Whether times of different clocks were brought together. */
  get severalClocks(): boolean {
    return this.#recordings.severalClocks;
  }

  /** Goes through an input; gives control back after each piece of it. */
  *read(reader: EventReader): Generator<void, void, undefined> {
    this.#begin(reader.header);
    if (reader.canScan) yield* this.#scan(reader);
    else yield* this.#decode(reader);
  }

  close(): void {
    this.index.close();
    this.sources.close();
  }

  *#decode(reader: EventReader): Generator<void, void, undefined> {
    for (let batch = reader.readBatch(); batch !== undefined; batch = reader.readBatch()) {
      for (const event of batch) this.#addDecoded(event);
      yield;
    }
  }

  *#scan(reader: EventReader): Generator<void, void, undefined> {
    let current: FileReader | undefined;
    const accept = (scan: EventScan, part: FileReader): void => {
      if (part !== current) {
        current = part;
        this.#begin(part.header);
      }
      this.#addScanned(scan, part);
    };
    while (reader.scan(accept, this.#wanted)) yield;
  }

  /** A recording begins or goes on; a new one is recognised by an event with its startup section. */
  #begin(facts: RecordingFacts & Partial<Pick<FileHeader, "common" | "clock">>): void {
    const { recording, isNew } = this.#recordings.begin(facts);
    this.#recording = recording;
    this.#changeClock(facts.clock?.changes);
    if (!isNew) return;
    const { split_file: _part, ...startup } = facts.startup;
    const { clock_monotonic_offset } = recording.clock === 0 ? startup : this.#header.startup;
    const event = { common: facts.common ?? {}, startup: { ...startup, clock_monotonic_offset } };
    this.#keep(event as unknown as Event);
  }

  #addScanned(scan: EventScan, part: FileReader): void {
    const changes = scan.odd || this.#recording.shift !== 0n || scan.has("startup") || scan.has("clock") || scan.has("tracking");
    if (changes) {
      const event = this.sources.decodeScanned(part, scan);
      return event && this.#addDecoded(event);
    }
    const isTracked = scan.has("skb-tracking");
    const { time, skb, location } = this.#event;
    time.setTo(scan.time);
    skb.setTo(isTracked ? scan.skb : nowhere);
    location.source = this.sources.ofPart(part);
    location.offset = part.plain ? scan.offset : this.sources.copy(scan.bytes, scan.start, scan.end);
    location.length = scan.end - scan.start;
    this.#event.marks = 0;
    if (isTracked) {
      this.#own.clock = this.#recording.clock;
      this.#own.time.setTo(scan.idTime);
      this.#own.head.setTo(scan.idHead);
    }
    const own = isTracked ? this.#own : undefined;
    const isLookedAt = this.#conditions.length > 0 || scan.hasWanted || scan.has("loss");
    this.#add(isLookedAt ? this.#look(this.sources.decodeScanned(part, scan) ?? {}, own) : own && this.links.seriesOf(own));
  }

  #addDecoded(event: Event): void {
    if (beginsRecording(event)) this.#begin(event as never);
    // They are in the header of what is written: in a sorted file they could come after events that they are about.
    else if (event["clock"] !== undefined) this.#changeClock(event["clock"]["changes"]);
    else this.#keep(event);
  }

  /** Of a file, so of any type. */
  #changeClock(changes: unknown): void {
    if (!Array.isArray(changes)) return;
    const valid = changes.filter(isClockChange);
    const last = valid.at(-1);
    if (last !== undefined) this.#recording = this.#recordings.change(this.#recording, joinNanoseconds(last.clock_monotonic_offset));
    if (this.#recording.clock === 0) for (const change of valid) this.#clockChanges.set(String(change.since), change);
  }

  /** Adds an event as it has to be changed: without its index in another series, its time on the common clock. */
  #keep(event: Event): void {
    const { tracking: sorted, ...rest } = event;
    const timestamp = u64FromBigInt(shiftTime(timeOf(event), this.#recording.shift));
    const isLater = this.#recording.shift !== 0n;
    const location = this.#store(isLater ? { ...rest, common: { ...event["common"], timestamp } } : rest);
    if (location === undefined) return;
    Object.assign(this.#event.location, location);
    const packet = skbTrackingOf(event);
    setHalves(this.#event.time, timestamp);
    setHalves(this.#event.skb, packet?.skb ?? 0);
    this.#event.marks = 0;
    if (packet !== undefined) {
      this.#own.clock = this.#recording.clock;
      setHalves(this.#own.time, packet.timestamp);
      setHalves(this.#own.head, packet.orig_head);
    }
    const id = this.#look(event, packet && this.#own);
    // Events that were sorted before keep the place that they were given, also when they have no packet of their own.
    this.#add(sorted === undefined ? id : packet && this.#own);
  }

  #store(event: Event): EventLocation | undefined {
    try {
      return this.sources.keep(event);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.unwritable.count++;
      this.unwritable.reason ||= reasonOf(error);
      return undefined;
    }
  }

  /** Looks into an event of which more has to be known than a scan finds; returns its series. */
  #look(event: Event, own: SeriesId | undefined): SeriesId | undefined {
    const { loss } = event;
    if (loss !== undefined) this.#countLosses(loss);
    for (let i = 0; i < this.#conditions.length; i++) if (this.#conditions[i]!(event)) this.#event.marks |= 1 << i;
    if (this.completion.note(event)) this.#event.marks |= incompleteMark;
    if (event["tracking"] !== undefined) return own;
    return this.#correlate(event, own);
  }

  #countLosses({ total, skipped }: SectionData): void {
    if (isU64(total)) this.lost += BigInt(total);
    for (const item of Array.isArray(skipped) ? skipped : []) {
      const count: unknown = item?.["count"];
      if (isU64(count)) this.skipped += BigInt(count);
    }
  }

  /** The series that a section of the event says it belongs to, or else that of its own packet. */
  #correlate(event: Event, own: SeriesId | undefined): SeriesId | undefined {
    for (const section of this.#correlating) {
      const data = event[section.key];
      const correlation = data && correlationOf(section, data, event);
      if (!correlation) continue;
      const scope = `${this.#recording.clock}/${section.key}`;
      return this.links.link(correlation, { own, scope, time: BigInt(timeOf(event)) });
    }
    return own && this.links.seriesOf(own);
  }

  #add(id: SeriesId | undefined): void {
    this.events++;
    if (id === undefined) this.index.addAlone(this.#event);
    else this.index.addTracked(id, this.#event);
  }
}

function bySince(a: ClockChange, b: ClockChange): number {
  return a.since < b.since ? -1 : 1;
}

/** Files from elsewhere may have anything in a section, and plugins may fail. */
function correlationOf(section: Section, data: SectionData, event: Event): Correlation | undefined {
  try {
    return section.correlate?.(data, event);
  } catch {
    return undefined;
  }
}
