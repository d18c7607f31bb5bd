import { fstatSync } from "node:fs";
import type { Event } from "../api/event.ts";
import type { Section } from "../api/section.ts";
import { notAnEventFile } from "../base/errors.ts";
import { FileSource, PeekedSource, readUpTo, stdinPath, type ByteSource } from "./byte-source.ts";
import { base64FieldsOf, decodeBase64Fields, originalBase64Fields, type FieldPath } from "./base64-fields.ts";
import { CborDecoder } from "../cbor/decoder.ts";
import { MatchedEvent } from "../pattern/matched-event.ts";
import type { TextTarget } from "../pattern/event-writer.ts";
import { CborSequenceReader } from "./cbor-sequence-reader.ts";
import { ChunkBuffer } from "./chunk-buffer.ts";
import { latestLevel, upgradeEvent, type Level } from "./compat.ts";
import { detectContent, detectLength } from "./detect.ts";
import type { EventScan } from "./event-scan.ts";
import { dropNonSections, isRecord } from "./normalize-event.ts";
import { formatKey, headerKeys, startupEvent, type FileHeader } from "./header.ts";
import { dropWrongSections, sectionChecks, type SectionChecks } from "../api/section-check.ts";
import type { SequenceReader } from "./sequence-reader.ts";
import { JsonLineParser } from "./json-line-parser.ts";
import { JsonLineReader } from "./json-line-reader.ts";
import type { ReadErrors } from "./read-errors.ts";
import { MatchingCborDecoder, MatchingLineDecoder } from "./matching-decoders.ts";
import { MatchingCborScan, MatchingJsonScan } from "./matching-scans.ts";
import { isRegularFile } from "./rotation.ts";
import { checkHeader, dropWrongFacts, replaceWrongProperties } from "./check-header.ts";
import { ZstdSource } from "./zstd-source.ts";

/** Unsorted files hold events, sorted ones series: the events of one packet in order. */
export type FileKind = "events" | "series";

/** An event, or in a sorted file a series. */
export type Item = Event | readonly Event[];

/** How to read a file. */
export interface ReadOptions {
  /**
   * Byte-valued properties of sections that the caller knows, for the JSON form (see `base64FieldsOf`); those that the
   * file's own schema names, and `packet.data`, are always known.
   */
  readonly base64Fields?: readonly FieldPath[];
  /** Sections that the caller looks at; others may be left out of the events, which saves time. All when absent. */
  readonly sections?: readonly string[];
  /** Sections that the caller knows: those of the wrong types are left out of the events, and reported. */
  readonly known?: readonly Section[];
  /** Events are given to {@link FileReader.visit}: those that resemble earlier ones need not be decoded. */
  readonly visited?: boolean;
  /** Called before bytes are read, and again and again while there are none yet; throws to give up. */
  readonly check?: (() => void) | undefined;
}

/** Takes the events of a file one by one. */
export interface EventVisitor {
  /** An event that consists of known sections. It holds until the next one. */
  readonly matched: (event: MatchedEvent) => void;
  /** Any other event. */
  readonly event: (event: Event) => void;
  /** Where events go as text that their writer knows, in the order of those that are given; those of the CBOR form only. */
  readonly target?: TextTarget | undefined;
}

/** Most events of a list that are given at once, in a sorted file as a series: `sort` writes no longer ones. */
const maxMembers = 16_384;

interface QueuedList {
  readonly members: readonly unknown[];
  readonly offset: number;
  /** How many were given. */
  at: number;
}

/** Reads one file: finds out what it is, checks its header, then gives its items in batches. */
export class FileReader {
  readonly form: "cbor" | "json";
  readonly kind: FileKind;
  /** The first item: startup event and facts about the file. */
  readonly header: FileHeader;
  /** Layout of the events; those that are read are brought to the latest. */
  readonly level: Level;
  /** Offsets are those of the file itself: its bytes can be read again. */
  readonly plain: boolean;
  /** Byte-valued properties of its events, for the JSON form. */
  readonly base64Fields: readonly FieldPath[];
  readonly #source: ByteSource;
  readonly #buffer: ChunkBuffer;
  readonly #items: SequenceReader;
  /** When events are visited: the decoder of {@link #items}. */
  readonly #matching: MatchingCborDecoder | MatchingLineDecoder | undefined;
  #batch: Item[] = [];
  /** A long list and what follows it: commands hold in memory, and show at once, what they are given at once. */
  readonly #queue: QueuedList[] = [];
  #scanner: SequenceReader | undefined;
  /** Of the sections that the caller knows. */
  readonly #checks: SectionChecks;
  readonly #known: readonly Section[];
  #closed = false;

  /**
   * @throws TraceError `FILE_READ`, `FILE_FORMAT` or `FILE_VERSION`
   */
  constructor(
    readonly path: string,
    readonly readErrors: ReadErrors,
    { base64Fields = [], sections, known = [], visited = false, check }: ReadOptions,
  ) {
    this.#checks = sectionChecks(known);
    this.#known = known;
    const { source, form, compressed } = openSource(path, check);
    this.form = form;
    this.plain = !compressed && path !== stdinPath && isRegularFile(path);
    this.#source = source;
    this.#buffer = new ChunkBuffer(source);
    const cborDecoder = new CborDecoder(wantedKeys(sections));
    const lineParser = new JsonLineParser();
    if (visited)
      this.#matching = form === "cbor" ? new MatchingCborDecoder(cborDecoder, known) : new MatchingLineDecoder(lineParser, known);
    this.#items =
      form === "cbor"
        ? new CborSequenceReader(this.#buffer, this.#report, (this.#matching as MatchingCborDecoder | undefined) ?? cborDecoder)
        : new JsonLineReader(this.#buffer, this.#report, (this.#matching as MatchingLineDecoder | undefined) ?? lineParser);
    try {
      const first = this.#readFirst();
      const item = Array.isArray(first) ? first.at(-1) : first;
      this.level = checkHeader(path, form, item);
      const header = item as Record<string, unknown>;
      for (const key of replaceWrongProperties(header)) this.#report(0, `"${key}" of the header has a value of the wrong type`);
      for (const key of dropWrongFacts(header)) this.#report(0, `"${key}" of the header is damaged and was left out`);
      const schema = header["schema"];
      this.base64Fields = [...originalBase64Fields, ...base64Fields, ...(isRecord(schema) ? base64FieldsOf(schema) : [])];
      this.kind = Array.isArray(first) || header["series"] === true ? "series" : "events";
      this.header = header as unknown as FileHeader;
      this.#accept(first, 0);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The next items, none at all after a piece of what is left out; undefined at the end. @throws TraceError `FILE_READ` */
  next(): readonly Item[] | undefined {
    if (this.#queue.length > 0) this.#takePiece(this.#queue[0]!);
    else if (this.#batch.length === 0 && !this.#items.read(this.#acceptItem, Infinity)) return this.#end();
    const batch = this.#batch;
    this.#batch = [];
    return batch;
  }

  /** Offset where the next item of the CBOR form begins; undefined while that cannot be said. */
  get position(): number | undefined {
    const isAtItem = this.#items instanceof CborSequenceReader && this.#items.isAtItem;
    return isAtItem && this.#batch.length === 0 && this.#queue.length === 0 ? this.#buffer.offsetOf(this.#buffer.start) : undefined;
  }

  /** Bytes of a plain file, now. */
  get size(): number {
    return fstatSync(this.#source.descriptor!).size;
  }

  /** A path that opens the same plain file once more, whatever its name leads to by now. */
  get samePath(): string {
    return `/proc/self/fd/${this.#source.descriptor}`;
  }

  /** Reads on at another offset of a plain file of the CBOR form, where an item begins. */
  seek(offset: number): void {
    this.#buffer.seek(offset);
    (this.#items as CborSequenceReader).restart();
    this.#batch = [];
    this.#queue.length = 0;
  }

  /** Some of the unread bytes, at least one unless the file ends; they hold until the next call. */
  peekBytes(): Uint8Array {
    const buffer = this.#buffer;
    if (buffer.start === buffer.end) buffer.fill();
    return buffer.bytes.subarray(buffer.start, buffer.end);
  }

  /**
   * Gives the events of the next items to a visitor; false at the end. For files opened to be visited.
   *
   * @param limit offset from which on no item is begun; it is not reached yet
   * @throws TraceError `FILE_READ`
   */
  visit(visitor: EventVisitor, limit = Infinity): boolean {
    this.#buffer.limit = limit;
    if (this.#batch.length > 0 || this.#queue.length > 0) {
      for (const event of (this.next() ?? []).flat()) visitor.event(event as Event);
      return true;
    }
    const accept = (item: unknown, offset: number): void => {
      if (item === this.#matching?.matched && this.#queue.length === 0) return visitor.matched(this.#matching!.matched);
      this.#accept(item, offset);
      if (this.#batch.length === 0) return;
      for (const event of this.#batch.flat()) visitor.event(event as Event);
      this.#batch = [];
    };
    this.#setTarget(this.kind === "events" ? visitor.target : undefined);
    const read = this.#items.read(accept, Infinity);
    this.#setTarget(undefined);
    if (!read) this.#end();
    return read;
  }

  #setTarget(target: TextTarget | undefined): void {
    if (this.#matching instanceof MatchingCborDecoder) this.#matching.target = target;
  }

  /**
   * Scans the events that are at hand, the header left out, instead of decoding them; use either this or {@link next}.
   *
   * @param wanted keys of sections to look for; those of the first call
   * @returns false at the end. @throws TraceError `FILE_READ`
   */
  scan(accept: (scan: EventScan) => void, wanted: readonly string[] = []): boolean {
    this.#scanner ??= this.#openScanner(wanted);
    const read = this.#scanner.read((item, offset) => {
      const scan = item as EventScan;
      scan.offset = offset + scan.start - this.#buffer.start;
      if (scan.isEvent) accept(scan);
      else this.#reportForeign(offset);
    }, Infinity);
    if (!read) this.#end();
    return read;
  }

  #openScanner(wanted: readonly string[]): SequenceReader {
    return this.form === "cbor"
      ? new CborSequenceReader(this.#buffer, this.#report, new MatchingCborScan(wanted, this.#known))
      : new JsonLineReader(this.#buffer, this.#report, new MatchingJsonScan(wanted, this.#known), 1);
  }

  /**
   * Brings a decoded item to an event of the latest layout, in place. What is of another type than it should be is left out and reported.
   *
   * @param offset of the item in the file
   * @returns undefined when nothing is left
   */
  toEvent(item: unknown, offset: number): Event | undefined {
    if (!isRecord(item)) {
      this.#reportForeign(offset);
      return undefined;
    }
    const event = formatKey in item ? (startupEvent(item) as Record<string, unknown>) : item;
    if (this.level !== latestLevel) upgradeEvent(event, this.level);
    const common = event["common"] as { timestamp?: unknown } | undefined;
    if (common?.timestamp !== undefined && !isInteger(common.timestamp)) {
      this.#report(offset, "the time stamp of the event here is not an integer; the event was left out");
      return undefined;
    }
    for (const key of dropNonSections(event)) this.#reportSection(offset, key, "is not an object");
    if (this.form === "json") {
      for (const path of decodeBase64Fields(event, this.base64Fields)) this.#reportSection(offset, path, "is not base64");
    }
    for (const key of dropWrongSections(event, this.#checks)) this.#reportSection(offset, key, "has a value of the wrong type");
    return event as Event;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // The reader itself may be kept for long, for what it says of its file.
    this.#scanner = undefined;
    this.#source.close();
  }

  #readFirst(): unknown {
    const first: unknown[] = [];
    while (first.length === 0 && this.#items.read((item) => first.push(item), 1));
    if (first.length > 0) return first[0];
    const why = this.readErrors.kept.at(-1)?.message ?? this.#source.damage ?? "it ends early";
    throw notAnEventFile(this.path, `it has no complete event: ${why}`);
  }

  readonly #acceptItem = (item: unknown, offset: number): void => this.#accept(item, offset);

  #accept(item: unknown, offset: number): void {
    if (this.kind === "events" && !Array.isArray(item) && this.#queue.length === 0) {
      const event = this.#toEventOnce(item, offset);
      if (event) this.#batch.push(event);
      return;
    }
    const members = Array.isArray(item) ? item : [item instanceof MatchedEvent ? item.toEvent() : item];
    if (members.length <= maxMembers && this.#queue.length === 0) this.#acceptList(members, offset);
    else this.#enqueue({ members, offset, at: 0 });
  }

  /** What follows waits until the list was given. */
  #enqueue(list: QueuedList): void {
    this.#queue.push(list);
    this.#setTarget(undefined);
  }

  /** Remembers what an event is like, unless there is something to say about it. */
  #toEventOnce(item: unknown, offset: number): Event | undefined {
    if (item instanceof MatchedEvent) return item.toEvent();
    const problems = this.readErrors.count;
    const event = this.toEvent(item, offset);
    if (event && this.level === latestLevel && this.readErrors.count === problems) this.#matching?.learn(event);
    return event;
  }

  #takePiece(list: QueuedList): void {
    const end = list.at + maxMembers;
    this.#acceptList(list.members.slice(list.at, end), list.offset);
    list.at = end;
    if (end >= list.members.length) this.#queue.shift();
  }

  #acceptList(members: readonly unknown[], offset: number): void {
    const events = members.map((member) => this.toEvent(member, offset)).filter((event) => event !== undefined);
    if (this.kind === "series" && events.length > 0) this.#batch.push(events);
    else if (this.kind === "events") for (const event of events) this.#batch.push(event);
  }

  readonly #report = (offset: number, message: string): void => this.readErrors.add(this.path, offset, message);

  #reportForeign(offset: number): void {
    this.#report(offset, "the item here is not an event and was left out");
  }

  #reportSection(offset: number, key: string, reason: string): void {
    this.readErrors.add(this.path, offset, `"${key}" ${reason}; the section was left out of the event here`);
  }

  #end(): undefined {
    const { damage } = this.#source;
    if (damage !== undefined && !this.#closed) this.readErrors.add(this.path, this.#buffer.offsetOf(this.#buffer.end), damage);
    this.close();
    return undefined;
  }
}

function isInteger(value: unknown): boolean {
  return typeof value === "bigint" || Number.isInteger(value);
}

/** Keys of items that are wanted when only some sections are: of the header all. */
function wantedKeys(sections: readonly string[] | undefined): ReadonlySet<string> | undefined {
  return sections && new Set([...headerKeys, ...sections]);
}

/** Opens the file and looks at its content, through compression if need be. */
function openSource(
  path: string,
  check: (() => void) | undefined,
): { readonly source: ByteSource; readonly form: "cbor" | "json"; readonly compressed: boolean } {
  const file = peek(new FileSource(path, check));
  const outer = detectContent(file.first);
  if (outer.kind === "cbor" || outer.kind === "json") return { source: file.source, form: outer.kind, compressed: false };
  if (outer.kind === "foreign") {
    file.source.close();
    throw notAnEventFile(path, outer.found);
  }
  const content = peek(new ZstdSource(file.source));
  const inner = detectContent(content.first);
  if (inner.kind === "cbor" || inner.kind === "json") return { source: content.source, form: inner.kind, compressed: true };
  content.source.close();
  const found = content.source.damage ?? (inner.kind === "foreign" ? inner.found : "it is compressed twice");
  throw notAnEventFile(path, `it is compressed with zstd, and inside ${found}`);
}

function peek(source: ByteSource): { readonly source: ByteSource; readonly first: Uint8Array } {
  const first = readUpTo(source, detectLength).slice();
  return { source: new PeekedSource(source, first), first };
}
