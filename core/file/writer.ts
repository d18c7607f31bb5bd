import type { Event, U64 } from "../api/event.ts";
import { encodeItem } from "../cbor/encode-item.ts";
import { writeValue } from "../cbor/writer.ts";
import { eventFileNotWritten, TraceError } from "../base/errors.ts";
import { itemEnd, lastItemEnd } from "../cbor/item-end.ts";
import { headerItem, selfDescribedTag, type FileHeader } from "./header.ts";
import { eventToJson, jsonText, seriesToJson } from "./json.ts";
import { OutputFile, type KeepRule } from "./output-file.ts";
import { partPath } from "./rotation.ts";

/** `"cbor"`: a CBOR sequence (RFC 8742); `"json"`: JSON lines as the original tool writes them. */
export type FileForm = "cbor" | "json";

/** What to write and where. */
export interface WriterOptions {
  readonly path: string;
  readonly form: FileForm;
  /** Compress with zstd, in frames that can be read alone. */
  readonly zstd?: boolean;
  /** Called for each part; its `common.timestamp` should be the time of the call. */
  readonly header: () => FileHeader;
  /** Size limit of a part in bytes; without it there is one part that keeps its name. */
  readonly rotate?: number;
  /** The file holds series (see {@link EventFileWriter.writeSeries}). */
  readonly series?: boolean;
  /** Called again and again while the reader of a FIFO is awaited; throws to give up. */
  readonly check?: () => void;
}

/** Bytes collected before a write; as zstd input one frame. */
const plainBufferSize = 256 * 1024;
const frameInputSize = 1024 * 1024;
const flushIntervalMs = 1000;

/** Level 3 takes half as much time again, and makes the files of a flood a tenth smaller; higher ones hardly shrink them further. */
const zstdLevel = 1;

/** Longest UTF-8 of one UTF-16 code unit. */
const bytesPerUnit = 3;

/**
 * Writes an event file, in one part or rotated. What is on disk always ends with a complete item, also after a full disk
 * and at the boundaries of parts. Every method may throw TraceError `FILE_WRITE`; after that the writer only closes.
 */
export class EventFileWriter {
  readonly #options: WriterOptions;
  readonly #buffer: Buffer;
  readonly #keep: KeepRule;
  #file: OutputFile;
  #used = 0;
  #part = 0;
  #partHasEvents = false;
  /** Events taken so far. */
  #events = 0;
  #lastFlushMs = 0;
  #failure: unknown;
  #closed = false;

  /** Creates or empties the file and writes its header at once. @throws TraceError `FILE_WRITE` */
  constructor(options: WriterOptions) {
    this.#options = options;
    this.#buffer = Buffer.alloc(options.zstd ? frameInputSize : plainBufferSize);
    this.#keep = keepRule(options);
    this.#file = new OutputFile(options.path, options.check);
    if (options.rotate !== undefined && this.#file.special) {
      this.#file.close();
      throw eventFileNotWritten(options.path, new Error("only a regular file can be rotated"));
    }
    try {
      this.#writeHeader();
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }

  /** Files written so far, the current one included. */
  get files(): number {
    return this.#part + 1;
  }

  /**
   * Writes ready-made CBOR: the bytes from `start` to `end` must be complete items, one map per event. They are copied.
   * Only for the CBOR form.
   * @param events number of items, for the message about a failed write
   */
  writeCbor(bytes: Uint8Array, start: number, end: number, events = 0): void {
    if (this.#options.rotate === undefined || this.#fits(end - start)) return this.#append(bytes, start, end, events);
    for (let at = start; at < end; ) {
      const next = itemEnd(bytes, at, end);
      this.#append(bytes, at, next, 1);
      at = next;
    }
  }

  /**
   * Writes ready-made lines of JSON, newlines included. They are copied. Only for the JSON form, not rotated.
   * @param events number of lines, for the message about a failed write
   */
  writeLines(bytes: Uint8Array, start: number, end: number, events = 0): void {
    this.#append(bytes, start, end, events);
  }

  /** Writes an event that retis itself made, e.g. `loss`, in the form of the file. */
  writeUserEvent(event: Event): void {
    if (this.#options.form === "json") this.#appendLine(eventToJson(event));
    else this.#appendItem(encodeItem(event));
  }

  /** Writes an event of a record or another file in the form of this file. */
  writeEvent(event: Event): void {
    if (this.#options.form === "json") this.#appendLine(eventToJson(event));
    else this.#appendValue(event);
  }

  /** Writes one series: a packet's events in order, as one array. Only for files opened with `series`. */
  writeSeries(events: readonly Event[]): void {
    if (this.#options.form === "json") this.#appendLine(seriesToJson(events));
    else this.#appendValue(events);
  }

  /** Hands everything collected so far to the system. */
  flush(): void {
    this.#assertUsable();
    if (this.#used === 0) return;
    const used = this.#used;
    this.#used = 0;
    this.#storeEvents(this.#buffer, 0, used);
  }

  /**
   * Flushes when the last timed flush is a second ago; call it from the event loop.
   *
   * @param nowMs any monotonic clock, milliseconds
   */
  flushIfDue(nowMs: number): void {
    if (nowMs - this.#lastFlushMs < flushIntervalMs) return;
    this.#lastFlushMs = nowMs;
    this.flush();
  }

  /** Milliseconds until {@link flushIfDue} has something to do; infinite when nothing was collected. */
  untilFlush(nowMs: number): number {
    return this.#used === 0 ? Number.POSITIVE_INFINITY : Math.max(0, this.#lastFlushMs + flushIntervalMs - nowMs);
  }

  /** Flushes, closes and, when rotating, gives the last part its number. Closing twice is fine. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      if (this.#failure === undefined) this.flush();
      this.#finishPart();
    } catch (error) {
      this.#file.close();
      // A failure that was reported before is not reported again.
      if (this.#failure !== error && this.#failure !== undefined) return;
      throw error;
    }
  }

  #writeHeader(): void {
    const { form, header, rotate, series } = this.#options;
    const split = rotate === undefined ? undefined : { id: this.#part, policy: { kind: "size", limit: rotate as U64 } };
    const item = headerItem(header(), { series: series ?? false, split });
    // `jsonText` learns nothing from the header, whose objects do not recur.
    const bytes =
      form === "json" ? Buffer.from(`${jsonText(series ? [item] : item)}\n`) : Buffer.concat([selfDescribedTag, this.#encoded(item)]);
    this.#store(bytes, 0, bytes.length);
    this.#partHasEvents = false;
  }

  /** An item. @returns a view of the buffer, whose free part is used, where it fits */
  #encoded(item: unknown): Uint8Array {
    const end = writeValue(this.#buffer, this.#used, item);
    return end > this.#buffer.length ? encodeItem(item) : this.#buffer.subarray(this.#used, end);
  }

  /** Encodes straight into the buffer; what does not fit into the buffer or the part goes the long way. */
  #appendValue(value: unknown): void {
    this.#assertUsable();
    const start = this.#used;
    const end = writeValue(this.#buffer, start, value);
    if (end > this.#buffer.length) return this.#appendItem(encodeItem(value));
    if (!this.#fits(end - start)) return this.#appendItem(new Uint8Array(this.#buffer.subarray(start, end)));
    this.#partHasEvents = true;
    this.#events++;
    this.#used = end;
  }

  #appendLine(text: string): void {
    const longest = text.length * bytesPerUnit + 1;
    if (longest > this.#buffer.length - this.#used) this.flush();
    if (longest > this.#buffer.length || this.#options.rotate !== undefined) {
      return this.#appendItem(Buffer.from(`${text}\n`));
    }
    this.#assertUsable();
    this.#events++;
    this.#used += this.#buffer.write(text, this.#used, "utf8");
    this.#buffer[this.#used++] = 0x0a;
  }

  #appendItem(item: Uint8Array): void {
    this.#append(item, 0, item.length, 1);
  }

  /** Adds bytes that belong together: one item when rotating, else any run of complete items. */
  #append(bytes: Uint8Array, start: number, end: number, events: number): void {
    this.#assertUsable();
    const size = end - start;
    if (this.#options.rotate !== undefined && !this.#fits(size)) this.#makeRoom(size);
    if (size > this.#buffer.length - this.#used) this.flush();
    this.#partHasEvents = true;
    this.#events += events;
    if (size > this.#buffer.length) return this.#storeEvents(bytes, start, end);
    this.#buffer.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), this.#used);
    this.#used += size;
  }

  /** Whether `size` more bytes surely keep the part within its limit. */
  #fits(size: number): boolean {
    const { rotate, zstd } = this.#options;
    const pending = this.#used + size;
    return rotate === undefined || this.#file.size + (zstd ? compressedBound(pending) : pending) <= rotate;
  }

  /**
   * Starts the next part, unless compressing what waits leaves enough room. A part with little room left is given up:
   * filling it would take ever smaller, badly compressed frames.
   */
  #makeRoom(size: number): void {
    const rotate = this.#options.rotate as number;
    if (this.#options.zstd && this.#used > 0) {
      this.flush();
      if (this.#fits(size) && rotate - this.#file.size > rotate / 32) return;
    }
    if (!this.#partHasEvents) return;
    this.flush();
    this.#finishPart();
    this.#part++;
    this.#openNextPart();
  }

  #openNextPart(): void {
    try {
      this.#file = new OutputFile(this.#options.path, this.#options.check);
    } catch (error) {
      this.#failure = error;
      throw error;
    }
    this.#writeHeader();
  }

  #finishPart(): void {
    this.#file.close();
    if (this.#options.rotate !== undefined) this.#file.rename(partPath(this.#options.path, this.#part));
  }

  /** Stores items; after a failure the error says how many events are in the file, or in all of its parts. */
  #storeEvents(bytes: Uint8Array, start: number, end: number): void {
    const before = this.#file.size;
    try {
      this.#store(bytes, start, end);
    } catch (error) {
      // Sorted files are no use when they are not complete, so they do not stay; a FIFO holds nothing.
      if (this.#options.series || this.#file.special || !(error instanceof TraceError)) throw error;
      const kept = this.#options.zstd ? 0 : this.#file.size - before;
      this.#failure = eventFileNotWritten(this.#options.path, error.cause, this.#events - this.#countItems(bytes, start + kept, end));
      throw this.#failure;
    }
  }

  #countItems(bytes: Uint8Array, start: number, end: number): number {
    let count = 0;
    for (let at = start; at < end; count++) at = this.#options.form === "cbor" ? itemEnd(bytes, at, end) : bytes.indexOf(0x0a, at) + 1;
    return count;
  }

  #store(bytes: Uint8Array, start: number, end: number): void {
    try {
      if (!this.#options.zstd) return this.#file.write(bytes, start, end, this.#keep);
      const frame = Bun.zstdCompressSync(bytes.subarray(start, end), { level: zstdLevel });
      this.#file.write(frame, 0, frame.length, this.#keep);
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  #assertUsable(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

/** Largest zstd frame for an input (`ZSTD_COMPRESSBOUND` of zstd.h). */
function compressedBound(size: number): number {
  const small = 128 * 1024;
  return size + (size >> 8) + (size < small ? (small - size) >> 11 : 0);
}

/** What may stay of a write that was cut short: whole items, whole lines, or no part of a zstd frame. */
function keepRule({ form, zstd }: WriterOptions): KeepRule {
  if (zstd) return (_bytes, start) => start;
  if (form === "cbor") return lastItemEnd;
  return (bytes, start, written) => {
    const newline = written > start ? bytes.lastIndexOf(0x0a, written - 1) : -1;
    return newline < start ? start : newline + 1;
  };
}
