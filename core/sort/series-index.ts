import { BlockCache } from "../file/block-cache.ts";
import { Halves } from "../file/event-scan.ts";
import { TempFile } from "../file/temp-file.ts";
import { RecordSorter } from "./record-sorter.ts";
import type { SortedRecords } from "./sorted-records.ts";

/** Where the bytes of an event are. */
export interface EventLocation {
  /** Number of the source, see `EventSources`. */
  source: number;
  offset: number;
  /** Below 2^31. */
  length: number;
}

/** To which packet an event belongs. Packets of machines whose clocks differ are distinguished by the clock's number. */
export interface SeriesId {
  readonly clock: number;
  readonly time: Halves;
  readonly head: Halves;
}

/** What the index keeps of an event. */
export interface IndexedEvent {
  /** On the clock that all events are compared by. */
  time: Halves;
  /** Address of the event's skb, 0 when it has none. */
  skb: Halves;
  readonly location: EventLocation;
  marks: number;
}

/** Which series are kept. */
export interface SeriesFilter {
  /** Every one of these bits must be among the marks of some event of the series. */
  readonly marks: number;
  /** Whether events that belong to no packet are kept, each as a series of its own. */
  readonly untracked: boolean;
  /** Called once for each series of a packet. */
  matches(time: Halves, head: Halves): boolean;
}

/** Bit of the marks of an event that has to be decoded before it is written. */
export const incompleteMark = 0x8000_0000;

/** Words of a tracked event: series, clock, time of the event, its location (these are the key), length, marks, address of its skb. */
const eventLayout = { words: 14, keyWords: 10 };
/** Words of a series: time of its first event, first row of its members (these are the key), number of events, whether it is tracked. */
const seriesLayout = { words: 6, keyWords: 4 };

/** A row is the location of an event. The rows of a packet's series are followed by its id and the address of its first skb. */
const rowWords = 4;
const rowSize = rowWords * 4;
const rowsPerBatch = 2048;
const memberMemory = 4 * 1024 * 1024;

/**
 * The series of any number of events, in the order of their first events, those of each in the order of time. Events
 * are added, then {@link group} is called until it is done, then {@link next} goes through the series. All may throw
 * SCRATCH_WRITE.
 *
 * Only locations are sorted: first the events by series, which shows where each series begins, then the series.
 */
export class SeriesIndex {
  /** Number of series that were chosen. */
  seriesCount = 0;
  /** Number of events of the series at hand. */
  count = 0;
  /** Whether the series at hand is that of a packet. */
  tracked = false;
  /** Id of the series at hand, if it is tracked, and the address of the skb of the first event that has one, else 0. */
  readonly idTime = new Halves();
  readonly idHead = new Halves();
  readonly skb = new Halves();
  /** Length of the longest event. */
  longest = 0;
  /** The member that was read last; see {@link readMember}. */
  readonly member: EventLocation & { incomplete: boolean } = { source: 0, offset: 0, length: 0, incomplete: false };
  readonly #events: RecordSorter;
  readonly #series: RecordSorter;
  readonly #filter: SeriesFilter;
  readonly #members = new TempFile();
  readonly #cache = new BlockCache(memberMemory);
  readonly #batch = new Uint32Array(rowsPerBatch * rowWords);
  #filled = 0;
  #rows = 0;
  #firstRow = 0;
  #eventsInOrder: SortedRecords | undefined;
  #seriesInOrder: SortedRecords | undefined;
  readonly #open = {
    time: new Halves(),
    head: new Halves(),
    skb: new Halves(),
    clock: -1,
    first: new Halves(),
    row: 0,
    count: 0,
    marks: 0,
  };

  /** @param limit events kept in memory, at least 1 */
  constructor(limit: number, filter: SeriesFilter) {
    this.#events = new RecordSorter(eventLayout, limit);
    this.#series = new RecordSorter(seriesLayout, limit);
    this.#filter = filter;
  }

  /** Adds an event of a packet. */
  addTracked(id: SeriesId, { time, skb, location, marks }: IndexedEvent): void {
    this.longest = Math.max(this.longest, location.length);
    const at = this.#events.reserve();
    const { records } = this.#events;
    records[at] = id.time.high;
    records[at + 1] = id.time.low;
    records[at + 2] = id.head.high;
    records[at + 3] = id.head.low;
    records[at + 4] = id.clock;
    records[at + 5] = time.high;
    records[at + 6] = time.low;
    records[at + 7] = location.source;
    records[at + 8] = Math.floor(location.offset / 0x1_0000_0000);
    records[at + 9] = location.offset >>> 0;
    records[at + 10] = location.length;
    records[at + 11] = marks;
    records[at + 12] = skb.high;
    records[at + 13] = skb.low;
  }

  /** Adds an event that belongs to no packet. */
  addAlone({ time, location, marks }: IndexedEvent): void {
    this.longest = Math.max(this.longest, location.length);
    const { untracked, marks: wanted } = this.#filter;
    if (!untracked || (marks & wanted) !== wanted) return;
    this.#addSeries(time, { row: this.#rows, count: 1, tracked: false });
    this.#addMember(
      location.source,
      Math.floor(location.offset / 0x1_0000_0000),
      location.offset >>> 0,
      location.length | (marks & incompleteMark),
    );
  }

  /** Puts together the series of up to `limit` events more; true when all are done. */
  group(limit: number): boolean {
    const events = (this.#eventsInOrder ??= this.#events.sorted());
    for (let i = 0; i < limit; i++) {
      if (events.next()) this.#take(events.words, events.at);
      else return this.#endGrouping();
    }
    return false;
  }

  /** Goes to the next series; false at the end. */
  next(): boolean {
    const series = this.#seriesInOrder;
    if (series === undefined || !series.next()) return false;
    const { words, at } = series;
    this.#firstRow = words[at + 2]! * 0x1_0000_0000 + words[at + 3]!;
    this.count = words[at + 4]!;
    this.tracked = words[at + 5] === 1;
    if (this.tracked) this.#readId();
    return true;
  }

  /** Puts the location of event `number` of the series at hand into `member`. */
  readMember(number: number): void {
    const at = this.#seek(this.#firstRow + number);
    const { bytes } = this.#cache;
    const length = word(bytes, at + 12);
    this.member.source = word(bytes, at);
    this.member.offset = word(bytes, at + 4) * 0x1_0000_0000 + word(bytes, at + 8);
    this.member.length = length & ~incompleteMark;
    this.member.incomplete = (length & incompleteMark) !== 0;
  }

  close(): void {
    for (const part of [this.#events, this.#series, this.#members]) part.close();
  }

  #take(words: Uint32Array, at: number): void {
    const open = this.#open;
    if (!this.#continues(words, at)) {
      this.#endSeries();
      open.time.set(words[at]!, words[at + 1]!);
      open.head.set(words[at + 2]!, words[at + 3]!);
      open.skb.set(0, 0);
      open.clock = words[at + 4]!;
      open.first.set(words[at + 5]!, words[at + 6]!);
      open.row = this.#rows;
      open.count = 0;
      open.marks = 0;
    }
    if (open.skb.high === 0 && open.skb.low === 0) open.skb.set(words[at + 12]!, words[at + 13]!);
    open.count++;
    open.marks |= words[at + 11]!;
    this.#addMember(words[at + 7]!, words[at + 8]!, words[at + 9]!, words[at + 10]! | (words[at + 11]! & incompleteMark));
  }

  #continues(words: Uint32Array, at: number): boolean {
    const { time, head, clock, count } = this.#open;
    if (count === 0 || words[at + 4] !== clock) return false;
    return words[at] === time.high && words[at + 1] === time.low && words[at + 2] === head.high && words[at + 3] === head.low;
  }

  #endSeries(): void {
    const { first, row, count, marks, time, head, skb } = this.#open;
    if (count === 0 || (marks & this.#filter.marks) !== this.#filter.marks || !this.#filter.matches(time, head)) return;
    this.#addMember(time.high, time.low, head.high, head.low);
    this.#addMember(skb.high, skb.low, 0, 0);
    this.#addSeries(first, { row, count, tracked: true });
  }

  #endGrouping(): true {
    this.#endSeries();
    this.#events.close();
    this.#flushMembers();
    this.#seriesInOrder = this.#series.sorted();
    return true;
  }

  #addSeries(time: Halves, { row, count, tracked }: { readonly row: number; readonly count: number; readonly tracked: boolean }): void {
    this.seriesCount++;
    const at = this.#series.reserve();
    const { records } = this.#series;
    records[at] = time.high;
    records[at + 1] = time.low;
    records[at + 2] = Math.floor(row / 0x1_0000_0000);
    records[at + 3] = row >>> 0;
    records[at + 4] = count;
    records[at + 5] = tracked ? 1 : 0;
  }

  #addMember(a: number, b: number, c: number, d: number): void {
    const batch = this.#batch;
    if (this.#filled === batch.length) this.#flushMembers();
    batch[this.#filled++] = a;
    batch[this.#filled++] = b;
    batch[this.#filled++] = c;
    batch[this.#filled++] = d;
    this.#rows++;
  }

  #flushMembers(): void {
    this.#members.append(new Uint8Array(this.#batch.buffer), 0, this.#filled * 4);
    this.#filled = 0;
  }

  #readId(): void {
    const at = this.#seek(this.#firstRow + this.count);
    const { bytes } = this.#cache;
    this.idTime.set(word(bytes, at), word(bytes, at + 4));
    this.idHead.set(word(bytes, at + 8), word(bytes, at + 12));
    const skbAt = this.#seek(this.#firstRow + this.count + 1);
    this.skb.set(word(this.#cache.bytes, skbAt), word(this.#cache.bytes, skbAt + 4));
  }

  /** Position of a row in the bytes of the cache. */
  #seek(row: number): number {
    this.#cache.read(this.#members, 0, row * rowSize, rowSize);
    return this.#cache.start;
  }
}

/** A word as `Uint32Array` stored it; all supported machines are little endian. */
function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}
