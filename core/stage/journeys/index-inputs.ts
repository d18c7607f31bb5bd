import { type Event, u64FromBigInt } from "../../api/event.ts";
import { reasonOf } from "../../base/errors.ts";
import { type EventScan, Halves } from "../../file/event-scan.ts";
import type { FileHeader } from "../../file/header.ts";
import type { PartReader } from "../../file/part-reader.ts";
import type { EventReader } from "../../file/reader.ts";
import { EventSources } from "./event-sources.ts";
import { type EventPlace, incompleteMark, type JourneyChoice, type JourneyId, JourneyIndex } from "./journey-index.ts";
import { OvsFlows } from "./ovs-flows.ts";
import { OvsUpcalls } from "./ovs-upcalls.ts";
import { earliestStart, Recordings, type Recording, type RecordingFacts, shiftTime } from "./recordings.ts";
import { beginsRecording, setHalves, timeOf, trackingOf } from "./tracked-event.ts";

/** What is looked for in the events, and how many may be in memory. */
export interface IndexOptions {
  readonly choice: JourneyChoice;
  /** Condition number n sets bit n of the marks of the events that meet it; at most 31. */
  readonly conditions: readonly ((event: Event) => boolean)[];
  /** Events kept in memory, at least 1. */
  readonly limit: number;
}

/** Reads the events of all inputs into an index of their journeys. May throw FILE_READ and SCRATCH_WRITE. */
export class InputIndexer {
  readonly index: JourneyIndex;
  readonly sources = new EventSources();
  readonly upcalls = new OvsUpcalls();
  readonly flows = new OvsFlows();
  /** Header for what is written: that of the recording whose clock is used for all. */
  readonly header: FileHeader;
  events = 0;
  /** What could not be recorded, as the recordings themselves say. */
  lost = 0n;
  /** Events left out as they hold what no event file can. */
  readonly unwritable = { count: 0, reason: "" };
  readonly #recordings: Recordings;
  readonly #conditions: IndexOptions["conditions"];
  readonly #place: EventPlace = { source: 0, offset: 0, length: 0 };
  readonly #id = { clock: 0, time: new Halves(), head: new Halves() };
  readonly #time = new Halves();
  #recording: Recording;

  constructor(readers: readonly [EventReader, ...EventReader[]], { choice, conditions, limit }: IndexOptions) {
    this.header = earliestStart(readers.map(({ header }) => header) as [FileHeader, ...FileHeader[]]);
    this.#recordings = new Recordings(this.header);
    this.#recording = this.#recordings.begin(this.header).recording;
    this.#conditions = conditions;
    this.index = new JourneyIndex(limit, choice);
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
    let current: PartReader | undefined;
    const accept = (scan: EventScan, part: PartReader): void => {
      if (part !== current) {
        current = part;
        this.#begin(part.header);
        this.#place.source = this.sources.ofPart(part);
      }
      this.#addScanned(scan, part);
    };
    while (reader.scan(accept)) yield;
  }

  /** A recording begins or goes on; one that was not met before is told by an event with its startup section. */
  #begin(facts: RecordingFacts & Partial<Pick<FileHeader, "common">>): void {
    const { recording, isNew } = this.#recordings.begin(facts);
    this.#recording = recording;
    if (!isNew) return;
    const { split_file: _part, ...startup } = facts.startup;
    const { clock_monotonic_offset } = recording.clock === 0 ? startup : this.header.startup;
    const event = { common: facts.common ?? {}, startup: { ...startup, clock_monotonic_offset } };
    this.#keep(event as unknown as Event, undefined);
  }

  #addScanned(scan: EventScan, part: PartReader): void {
    const changes = scan.odd || this.#recording.shift !== 0n || scan.has("startup") || scan.has("tracking");
    if (changes) return this.#addDecoded(this.sources.decodeBytes(part, scan.bytes, scan.start, scan.end));
    const { clock } = this.#recording;
    const own = scan.has("skb-tracking") ? { clock, time: scan.idTime, head: scan.idHead } : undefined;
    const isLookedAt = this.#conditions.length > 0 || scan.has("ovs") || scan.has("ovs-detrace") || scan.has("loss");
    const event = isLookedAt ? this.sources.decodeBytes(part, scan.bytes, scan.start, scan.end) : undefined;
    const place = this.#place;
    place.length = scan.end - scan.start;
    place.offset = part.plain ? scan.offset : this.sources.copy(scan.bytes, scan.start, scan.end);
    if (event === undefined) this.#add(scan.time, own && this.upcalls.journeyOf(own), place, 0);
    else this.#look(event, scan.time, own, place);
  }

  #addDecoded(event: Event): void {
    if (beginsRecording(event)) this.#begin(event as never);
    else this.#keep(event, event["tracking"] === undefined ? "own" : "sorted");
  }

  /** Adds an event as it has to be changed: without its place in other series, its time on the common clock. */
  #keep(event: Event, identity: "own" | "sorted" | undefined): void {
    const { tracking: _old, ...rest } = event;
    const { shift, clock } = this.#recording;
    const timestamp = u64FromBigInt(shiftTime(timeOf(event), shift));
    let place: EventPlace;
    try {
      place = this.sources.keep(shift === 0n ? rest : { ...rest, common: { ...event["common"], timestamp } });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.unwritable.count++;
      this.unwritable.reason ||= reasonOf(error);
      return;
    }
    setHalves(this.#time, timestamp);
    const packet = identity === undefined ? undefined : trackingOf(event);
    const own = packet === undefined ? undefined : this.#id;
    if (packet !== undefined) {
      this.#id.clock = clock;
      setHalves(this.#id.time, packet.timestamp);
      setHalves(this.#id.head, packet.orig_head);
    }
    if (identity === "sorted") this.#add(this.#time, own, place, this.#marksOf(event));
    else this.#look(event, this.#time, own, place);
  }

  /** Adds an event of which more has to be known than a scan tells. */
  #look(event: Event, time: Halves, own: JourneyId | undefined, place: EventPlace): void {
    const { ovs, loss } = event;
    const detrace = event["ovs-detrace"];
    if (detrace !== undefined) this.flows.add(detrace);
    if (typeof loss?.["total"] === "number" || typeof loss?.["total"] === "bigint") this.lost += BigInt(loss["total"]);
    const origin = { clock: this.#recording.clock, time: event["common"]?.["timestamp"] };
    const id = ovs === undefined ? own && this.upcalls.journeyOf(own) : this.upcalls.journeyOfOvs(ovs, own, origin);
    this.#add(time, id, place, this.#marksOf(event) | (ovs?.["event_type"] === "flow_lookup" ? incompleteMark : 0));
  }

  #marksOf(event: Event): number {
    let marks = 0;
    for (let i = 0; i < this.#conditions.length; i++) if (this.#conditions[i]!(event)) marks |= 1 << i;
    return marks;
  }

  #add(time: Halves, id: JourneyId | undefined, place: EventPlace, marks: number): void {
    this.events++;
    if (id === undefined) this.index.addAlone(time, place, marks);
    else this.index.addTracked(id, time, place, marks);
  }
}
