import { encodeItem } from "../cbor/encode-item.ts";
import { EventEncoder } from "../cbor/event-encoder.ts";
import { writeHead, writeHead64 } from "../cbor/writer.ts";
import type { Halves } from "../file/event-scan.ts";
import { eventToJson } from "../file/json.ts";
import type { EventFileWriter, FileForm } from "../file/writer.ts";
import type { SeriesReader, SeriesPart, SeriesTracking } from "./series-reader.ts";

/** Bytes of series that are collected before they are handed to the writer, which then need not collect them again. */
const batchSize = 512 * 1024;
/** Room for the head of a list, and for what may follow an event: `tracking`, in CBOR 66 bytes, in JSON 155. */
const headRoom = 9;
const tailRoom = 256;

const major = { unsigned: 0x00, list: 0x80, map: 0xa0 } as const;
const newline = 0x0a;
const comma = 0x2c;
const space = 0x20;
const openBrace = 0x7b;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const closeBrace = 0x7d;

/** CBOR of `"tracking": {"skb": {"orig_head": …, "timestamp": …, "skb": …}, "idx": …}`, cut where the values belong. */
const [trackingKey, skbKey, headKey, timeKey, indexKey] = ["tracking", "skb", "orig_head", "timestamp", "idx"].map((key) =>
  Buffer.from(encodeItem(key)),
) as [Buffer, Buffer, Buffer, Buffer, Buffer];
const mapOfTwo = Buffer.of(major.map | 2);
const mapOfThree = Buffer.of(major.map | 3);
const beforeHead = Buffer.concat([trackingKey, mapOfTwo, skbKey, mapOfThree, headKey]);

/**
 * Writes series to a file. Events that are in the form of the file already are copied, with `tracking` as their last
 * section, and never decoded.
 */
export class SeriesBytes {
  readonly #encoder = new EventEncoder();
  #out = Buffer.alloc(2 * batchSize);
  #end = 0;
  /** Where the event that was appended last begins. */
  #eventStart = 0;

  constructor(
    private readonly form: FileForm,
    private readonly writer: EventFileWriter,
  ) {}

  /** Adds a part of the series that `reader` is at. May throw FILE_WRITE, FILE_READ and SCRATCH_WRITE. */
  write(reader: SeriesReader, part: SeriesPart): void {
    if (this.form === "json") this.#addLine(reader, part);
    else this.#addList(reader, part);
    if (this.#end > batchSize) this.flush();
  }

  /** Hands what was collected to the writer. May throw FILE_WRITE. */
  flush(): void {
    if (this.form === "json") this.writer.writeLines(this.#out, 0, this.#end);
    else this.writer.writeCbor(this.#out, 0, this.#end);
    this.#end = 0;
  }

  #addList(reader: SeriesReader, { from, to, id }: SeriesPart): void {
    this.#reserve(0);
    this.#end = writeHead(this.#out, this.#end, major.list, to - from);
    for (let number = from; number < to; number++) {
      this.#append(reader, number);
      if (id !== undefined) this.#addCborTracking(id, number);
    }
  }

  #addLine(reader: SeriesReader, { from, to, id }: SeriesPart): void {
    this.#reserve(0);
    this.#out[this.#end++] = openBracket;
    const before = id === undefined ? "" : jsonBeforeIndex(id);
    let beforeAt = -1;
    for (let number = from; number < to; number++) {
      if (number > from) this.#out[this.#end++] = comma;
      this.#append(reader, number);
      if (id === undefined) continue;
      const at = this.#end - 1;
      if (this.#isEmptyObject(at)) this.#end = at + this.#out.write(before.slice(1), at, "latin1");
      else {
        // In the place of the event's closing brace.
        if (beforeAt < 0) this.#out.write(before, at, "latin1");
        else this.#out.copy(this.#out, at, beforeAt, beforeAt + before.length);
        beforeAt = at;
        this.#end = at + before.length;
      }
      this.#addIndex(number);
    }
    this.#out[this.#end++] = closeBracket;
    this.#out[this.#end++] = newline;
  }

  /** Whether the event that ends with the brace at `end` has no section: it has lost those that were damaged. */
  #isEmptyObject(end: number): boolean {
    let at = end - 1;
    while (this.#out[at]! <= space) at--;
    return this.#out[at] === openBrace;
  }

  #addIndex(idx: number): void {
    const digits = String(idx);
    for (let i = 0; i < digits.length; i++) this.#out[this.#end++] = digits.charCodeAt(i);
    this.#out[this.#end++] = closeBrace;
    this.#out[this.#end++] = closeBrace;
  }

  #append(reader: SeriesReader, number: number): void {
    const length = reader.readBytes(number);
    const { sources } = reader;
    if (sources.form === this.form && !reader.changes) return this.#copy(sources.bytes, sources.start, sources.start + length);
    const event = reader.readEvent(number);
    if (this.form === "json") this.#add(Buffer.from(eventToJson(event)));
    else this.#add(this.#encoder.encode(event));
  }

  #add(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#eventStart = this.#end;
    this.#out.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  #copy(bytes: Buffer, start: number, end: number): void {
    this.#reserve(end - start);
    this.#eventStart = this.#end;
    bytes.copy(this.#out, this.#end, start, end);
    this.#end += end - start;
  }

  /** Makes room for that many bytes, and what follows an event. */
  #reserve(size: number): void {
    const wanted = this.#end + size + tailRoom;
    if (wanted <= this.#out.length) return;
    const larger = Buffer.alloc(Math.max(wanted, this.#out.length * 2));
    this.#out.copy(larger, 0, 0, this.#end);
    this.#out = larger;
  }

  /** One section more: the map's head counts it, and it is appended. */
  #addCborTracking({ head, time, skb }: SeriesTracking, idx: number): void {
    this.#countOneMore();
    this.#addBytes(beforeHead);
    this.#addHalves(head);
    this.#addBytes(timeKey);
    this.#addHalves(time);
    this.#addBytes(skbKey);
    this.#addHalves(skb);
    this.#addBytes(indexKey);
    this.#end = writeHead(this.#out, this.#end, major.unsigned, idx);
  }

  #addBytes(bytes: Buffer): void {
    bytes.copy(this.#out, this.#end);
    this.#end += bytes.length;
  }

  #addHalves({ low, high }: Halves): void {
    this.#end = writeHead64(this.#out, this.#end, major.unsigned, low, high);
  }

  #countOneMore(): void {
    const out = this.#out;
    const at = this.#eventStart;
    const information = out[at]! & 31;
    if (information < 23) {
      out[at] = out[at]! + 1;
      return;
    }
    const size = information < 24 ? 0 : 1 << (information - 24);
    let count = information < 24 ? information : 0;
    for (let i = 1; i <= size; i++) count = count * 256 + out[at + i]!;
    const head = Buffer.alloc(headRoom);
    const headSize = writeHead(head, 0, major.map, count + 1);
    out.copyWithin(at + headSize, at + 1 + size, this.#end);
    head.copy(out, at, 0, headSize);
    this.#end += headSize - 1 - size;
  }
}

function jsonBeforeIndex({ head, time, skb }: SeriesTracking): string {
  return `,"tracking":{"skb":{"orig_head":${decimal(head)},"timestamp":${decimal(time)},"skb":${decimal(skb)}},"idx":`;
}

const billion = 1_000_000_000;
const shift48 = 2 ** 48;

/** Decimal digits of 64 bits, without the detour of a bigint: the upper 16 bits are taken apart from the lower 48. */
function decimal({ low, high }: Halves): string {
  const lower = (high & 0xffff) * 0x1_0000_0000 + low;
  if (high < 0x20_0000) return String(high * 0x1_0000_0000 + low);
  const upper = high >>> 16;
  const rest = (lower % billion) + upper * (shift48 % billion);
  const billions = Math.floor(lower / billion) + upper * Math.floor(shift48 / billion) + Math.floor(rest / billion);
  return String(billions) + String(rest % billion).padStart(9, "0");
}
