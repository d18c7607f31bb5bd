import { encodeValue, writeHead } from "../../base/cbor-bytes.ts";
import { eventToJson, jsonText } from "../../file/json.ts";
import type { EventFileWriter, FileForm } from "../../file/writer.ts";
import type { JourneyReader, Series } from "./journey-reader.ts";
import type { SkbTracking } from "./tracked-event.ts";

const firstSize = 64 * 1024;
/** Room before the events for the head of the list, and behind each for its index and what ends it. */
const headRoom = 9;
const tailRoom = 32;
const closeBrace = 0x7d;

/** A section `tracking` as it stands in an event, cut where its index belongs. */
interface TrackingBytes {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/**
 * Writes series to a file. Events that are in the form of the file already are copied, with `tracking` as their last
 * section, and never decoded.
 */
export class SeriesBytes {
  #out = new Uint8Array(firstSize);
  #end = headRoom;
  /** Where the event that was appended last begins. */
  #eventStart = 0;

  constructor(
    private readonly form: FileForm,
    private readonly writer: EventFileWriter,
  ) {}

  /** Writes a series of the journey that `reader` has at hand. May throw FILE_WRITE, FILE_READ and SCRATCH_WRITE. */
  write(reader: JourneyReader, series: Series): void {
    const { from, to, skb } = series;
    const isJson = this.form === "json";
    const tracking = skb === undefined ? undefined : isJson ? jsonTracking(skb) : cborTracking(skb);
    this.#end = headRoom;
    for (let number = from; number < to; number++) {
      if (isJson && number > from) this.#out[this.#end++] = 0x2c;
      this.#append(reader, number);
      if (tracking === undefined) continue;
      if (isJson) this.#addJsonTracking(tracking, number);
      else this.#addCborTracking(tracking, number);
    }
    if (isJson) this.#writeLine();
    else this.#writeList(to - from);
  }

  #append(reader: JourneyReader, number: number): void {
    const length = reader.readBytes(number);
    const { sources } = reader;
    if (sources.form === this.form && !reader.changes) return this.#copy(sources.bytes, sources.start, sources.start + length);
    const event = reader.readEvent(number);
    const bytes = this.form === "json" ? Buffer.from(eventToJson(event)) : encodeValue(event);
    this.#copy(bytes, 0, bytes.length);
  }

  #copy(bytes: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    this.#eventStart = this.#end;
    this.#out.set(bytes.subarray(start, end), this.#end);
    this.#end += end - start;
  }

  /** Makes room for that many bytes, and what follows an event. */
  #reserve(size: number): void {
    const wanted = this.#end + size + tailRoom;
    if (wanted <= this.#out.length) return;
    const larger = new Uint8Array(Math.max(wanted, this.#out.length * 2));
    larger.set(this.#out.subarray(0, this.#end));
    this.#out = larger;
  }

  /** One section more: the map's head counts it, and it stands at the end. */
  #addCborTracking({ before }: TrackingBytes, idx: number): void {
    this.#reserve(before.length + headRoom);
    this.#countOneMore();
    this.#out.set(before, this.#end);
    this.#end = writeHead(this.#out, this.#end + before.length, 0x00, idx);
  }

  #countOneMore(): void {
    const out = this.#out;
    const at = this.#eventStart;
    const information = out[at]! & 31;
    if (information < 23) {
      out[at]!++;
      return;
    }
    const size = information < 24 ? 0 : 1 << (information - 24);
    let count = information < 24 ? information : 0;
    for (let i = 1; i <= size; i++) count = count * 256 + out[at + i]!;
    const head = new Uint8Array(headRoom);
    const headSize = writeHead(head, 0, 0xa0, count + 1);
    out.copyWithin(at + headSize, at + 1 + size, this.#end);
    out.set(head.subarray(0, headSize), at);
    this.#end += headSize - 1 - size;
  }

  #addJsonTracking({ before, after }: TrackingBytes, idx: number): void {
    const text = String(idx);
    this.#reserve(before.length + text.length + after.length);
    // The event ends with its closing brace; an event without sections would need no comma, but a tracked one has some.
    this.#end--;
    this.#out.set(before, this.#end);
    this.#end += before.length;
    for (let i = 0; i < text.length; i++) this.#out[this.#end++] = text.charCodeAt(i);
    this.#out.set(after, this.#end);
    this.#end += after.length;
    this.#out[this.#end++] = closeBrace;
  }

  #writeList(count: number): void {
    const head = new Uint8Array(headRoom);
    const size = writeHead(head, 0, 0x80, count);
    const start = headRoom - size;
    this.#out.set(head.subarray(0, size), start);
    this.writer.writeCbor(this.#out, start, this.#end);
  }

  #writeLine(): void {
    const start = headRoom - 1;
    this.#out[start] = 0x5b;
    this.#out[this.#end] = 0x5d;
    this.#out[this.#end + 1] = 0x0a;
    this.writer.writeLines(this.#out, start, this.#end + 2);
  }
}

const [trackingKey, skbKey, indexKey] = ["tracking", "skb", "idx"].map(encodeValue) as [Uint8Array, Uint8Array, Uint8Array];
const mapOfTwo = Uint8Array.of(0xa2);
const nothing = new Uint8Array(0);

function cborTracking(skb: SkbTracking): TrackingBytes {
  return { before: Buffer.concat([trackingKey, mapOfTwo, skbKey, encodeValue(skb), indexKey]), after: nothing };
}

function jsonTracking(skb: SkbTracking): TrackingBytes {
  return { before: Buffer.from(`,"tracking":{"skb":${jsonText(skb)},"idx":`), after: Buffer.from("}") };
}
