import type { Event } from "../api/event.ts";
import type { Section } from "../api/section.ts";
import { EventEncoder } from "../cbor/event-encoder.ts";
import { noteLargeItem } from "../base/large-garbage.ts";
import { eventFileNotRead } from "../base/errors.ts";
import { type FieldPath, decodeBase64Fields } from "../file/base64-fields.ts";
import { CborDecoder } from "../cbor/decoder.ts";
import { BlockCache, type StoredBytes } from "../file/block-cache.ts";
import { dropNulls } from "../file/normalize-event.ts";
import type { EventScan } from "../file/event-scan.ts";
import type { FileReader } from "../file/file-reader.ts";
import { parseJson } from "../file/parse-json.ts";
import type { EventMatcher } from "../pattern/event-matcher.ts";
import { matcherFor } from "../pattern/form-matcher.ts";
import { MatchedEvent } from "../pattern/matched-event.ts";
import { TempFile } from "../file/temp-file.ts";
import { InputFile } from "../file/input-file.ts";
import type { FileForm } from "../file/writer.ts";
import type { EventLocation } from "./series-index.ts";

interface Source {
  readonly name: string;
  readonly form: FileForm;
  readonly stored: StoredBytes;
  /** Number of `stored` among all. */
  readonly id: number;
  readonly base64Fields: readonly FieldPath[];
  /** Of the events that are decoded. */
  readonly matcher: EventMatcher;
}

/** Bytes of inputs kept in memory while series are put together; events of a series are mostly near each other. */
const cacheMemory = 48 * 1024 * 1024;

/**
 * Where the events are while they are sorted: in their file where that can be read again, else in a temporary copy.
 * After {@link read}, the event is `bytes[start]` … of the length of its location, in the form `form`.
 */
export class EventSources {
  form: FileForm = "cbor";
  readonly #sources: Source[] = [];
  readonly #cache = new BlockCache(cacheMemory);
  readonly #copies = new TempFile();
  readonly #encoder = new EventEncoder();
  readonly #desk = new DecodingDesk();
  readonly #byPart = new Map<FileReader, number>();
  #lastPart: FileReader | undefined;
  #lastSource = 0;
  #current: Source | undefined;
  #converted: number | undefined;
  readonly #sections: readonly Section[];

  /** @param sections that may be in the events */
  constructor(sections: readonly Section[]) {
    this.#sections = sections;
  }

  get bytes(): Buffer {
    return this.#cache.buffer;
  }

  get start(): number {
    return this.#cache.start;
  }

  /** Files that are read again when their events are written. */
  get paths(): readonly string[] {
    return this.#sources.filter(({ id }) => id > 0).map(({ name }) => name);
  }

  /** The source that a part's events are in; {@link copy} puts those of a part that is not plain there. */
  ofPart(part: FileReader): number {
    if (part === this.#lastPart) return this.#lastSource;
    this.#lastPart = part;
    return (this.#lastSource = this.#findPart(part));
  }

  #findPart(part: FileReader): number {
    const known = this.#byPart.get(part);
    if (known !== undefined) return known;
    const stored = part.plain ? { stored: new InputFile(part.path), id: this.#sources.length + 1 } : { stored: this.#copies, id: 0 };
    const { path: name, form, base64Fields } = part;
    const source = this.#add({ name, form, base64Fields, ...stored });
    this.#byPart.set(part, source);
    return source;
  }

  #add(source: Omit<Source, "matcher">): number {
    const { form, base64Fields } = source;
    // Parts of a recording are many files, and what is learned of each would add up.
    const alike = this.#sources.find((other) => other.form === form && isSame(other.base64Fields, base64Fields));
    return this.#sources.push({ ...source, matcher: alike?.matcher ?? matcherFor(form, this.#sections) }) - 1;
  }

  /** Keeps bytes of an event as they are; returns the offset in the source. May throw SCRATCH_WRITE. */
  copy(bytes: Uint8Array, start: number, end: number): number {
    return this.#copies.append(bytes, start, end);
  }

  /** Keeps an event, in the CBOR form. May throw SCRATCH_WRITE, and RangeError for integers beyond 64 bits. */
  keep(event: Event): EventLocation {
    const bytes = this.#encoder.encode(event);
    this.#converted ??= this.#add({ name: "temporary data", form: "cbor", base64Fields: [], stored: this.#copies, id: 0 });
    return { source: this.#converted, offset: this.#copies.append(bytes, 0, bytes.length), length: bytes.length };
  }

  /** Fetches the bytes of an event. May throw FILE_READ and SCRATCH_WRITE. */
  read({ source, offset, length }: EventLocation): void {
    const from = this.#sources[source]!;
    this.#current = from;
    this.form = from.form;
    if (!this.#cache.read(from.stored, from.id, offset, length)) {
      throw eventFileNotRead(from.name, new Error("it was shortened while it was being sorted"));
    }
  }

  /** The event that was read last, of that length. It was found to be right when it was scanned, or kept. */
  decode(length: number): Event {
    const event = this.recall(length);
    return event instanceof MatchedEvent ? event.toEvent() : event;
  }

  /** The same, not decoded when it resembles earlier ones; that holds until the next one. */
  recall(length: number): Event | MatchedEvent {
    const { form, base64Fields, matcher } = this.#current!;
    this.#desk.put(this.#cache.bytes.subarray(this.start, this.start + length));
    matcher.setBytes(this.#desk.bytes, form === "cbor" ? length + maxHead : length, 1);
    if (matcher.match(0) && matcher.event.end === length) return matcher.event;
    const event = this.#decode(form, this.#desk.bytes, 0, length);
    if (form === "json") decodeBase64Fields(event, base64Fields);
    matcher.learn(event as Event, 0, length);
    return event as Event;
  }

  /** Decodes the event that a scan of a part is at; undefined when nothing of it is right. What is left out is reported. */
  decodeScanned(part: FileReader, { bytes, start, end, offset }: EventScan): Event | undefined {
    return part.toEvent(this.#decode(part.form, bytes, start, end), offset);
  }

  #decode(form: FileForm, bytes: Uint8Array, start: number, end: number): Record<string, unknown> {
    noteLargeItem(end - start);
    if (form === "cbor") {
      if (bytes !== this.#desk.bytes) this.#desk.put(bytes.subarray(start, end));
      return this.#desk.decoder.decode(0) as Record<string, unknown>;
    }
    const event = parseJson(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("utf8")) as Record<string, unknown>;
    dropNulls(event);
    return event;
  }

  close(): void {
    for (const { stored } of this.#sources) stored.close();
    this.#copies.close();
  }
}

function isSame(a: readonly FieldPath[], b: readonly FieldPath[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** A matcher wants room after an integer for the longest one in CBOR. */
const maxHead = 9;

/** Room after an event, as the decoder is faster when it need not watch for an end of bytes near by. */
const deskMargin = 8192;

/**
 * A decoder that always reads from the same bytes. Moved from chunk to chunk of a cache, it takes several times as long: the
 * engine throws its compiled code away again and again.
 */
class DecodingDesk {
  readonly decoder = new CborDecoder();
  bytes = new Uint8Array(0);

  /** Puts an event at the start. */
  put(event: Uint8Array): void {
    const wanted = event.length + deskMargin;
    if (wanted > this.bytes.length) {
      this.bytes = new Uint8Array(wanted * 2);
      this.decoder.setBytes(this.bytes, this.bytes.length);
    }
    this.bytes.set(event);
  }
}
