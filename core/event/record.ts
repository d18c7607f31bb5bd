/**
 * A record: a run of sections as the BPF side built it (bpf/include/retis/record.h), each on an 8-byte boundary:
 *
 *     u16 size      bytes of the payload, without padding
 *     u8  owner     number that this run gave to the section
 *     u8, u32       reserved
 *     u8  payload[size], then padding
 */
import type { Event, SectionData } from "../api/event.ts";
import { CborTarget } from "../base/cbor-bytes.ts";
import { badSection, noRoom, type SectionCodec } from "./section-codec.ts";
import type { WireBuffer } from "./wire-buffer.ts";

const headerSize = 8;

/** What was wrong with records so far. */
export interface RecordStats {
  /** Sections that could not be read, by section key. */
  readonly badSections: ReadonlyMap<string, number>;
  /** Sections with an owner that no codec is known for. */
  readonly unknownOwners: number;
  /** Sections that a record held a second time. */
  readonly repeatedSections: number;
  /** Records that ended within a section. */
  readonly truncatedRecords: number;
  /** Records without any section that could be read. */
  readonly emptyRecords: number;
}

/** Reads records. Bad data loses a section, never the event, and never throws. */
export class RecordCodec {
  readonly #codecs: (SectionCodec | undefined)[];
  /** By owner: number of the last record that held it. */
  readonly #seen = new Float64Array(256);
  #record = 0;
  /** Bytes of the head of an event's map. */
  readonly #headSize: 1 | 2;
  #target = new CborTarget(new Uint8Array(0));
  readonly #badSections = new Map<string, number>();
  #unknownOwners = 0;
  #repeatedSections = 0;
  #truncatedRecords = 0;
  #emptyRecords = 0;

  /** @param sections codecs by owner number, 0 … 255 */
  constructor(sections: ReadonlyMap<number, SectionCodec>) {
    this.#codecs = Array.from({ length: 256 }, (_, owner) => sections.get(owner));
    this.#headSize = sections.size <= 23 ? 1 : 2;
  }

  get stats(): RecordStats {
    return {
      badSections: this.#badSections,
      unknownOwners: this.#unknownOwners,
      repeatedSections: this.#repeatedSections,
      truncatedRecords: this.#truncatedRecords,
      emptyRecords: this.#emptyRecords,
    };
  }

  /** The event of the record of `length` bytes at `at`, a multiple of 8; undefined when no section of it can be read. */
  decode(buffer: WireBuffer, at: number, length: number): Event | undefined {
    const event: Record<string, SectionData> = {};
    const end = this.#begin(buffer, at, length);
    let count = 0;
    for (let next = at; next < end; ) {
      const payload = next + headerSize;
      const size = this.#sizeAt(buffer, next, end);
      if (size < 0) break;
      next = payload + ((size + 7) & ~7);
      const owner = buffer.u8[payload - 6]!;
      const codec = this.#codecFor(owner);
      if (codec === undefined) continue;
      const data = this.#decodeSection(codec, buffer, payload, size);
      if (data === undefined) continue;
      this.#seen[owner] = this.#record;
      event[codec.key] = data;
      count++;
    }
    if (count > 0) return event;
    this.#emptyRecords++;
    return undefined;
  }

  /**
   * Writes the event of a record as one CBOR item.
   *
   * @returns the position behind it: `position` itself when no section can be read, {@link noRoom} when `out` is full
   * (nothing useful was written; call again with more room)
   */
  write(buffer: WireBuffer, at: number, length: number, out: Uint8Array, position: number): number {
    if (this.#target.bytes !== out) this.#target = new CborTarget(out);
    const start = position + this.#headSize;
    if (start > out.length) return noRoom;
    const end = this.#begin(buffer, at, length);
    let behind = start;
    let count = 0;
    for (let next = at; next < end; ) {
      const payload = next + headerSize;
      const size = this.#sizeAt(buffer, next, end);
      if (size < 0) break;
      next = payload + ((size + 7) & ~7);
      const owner = buffer.u8[payload - 6]!;
      const codec = this.#codecFor(owner);
      if (codec === undefined) continue;
      const result = this.#writeSection(codec, buffer, payload, size, behind);
      if (result === noRoom) return noRoom;
      if (result === badSection) continue;
      this.#seen[owner] = this.#record;
      behind = result;
      count++;
    }
    if (count === 0) {
      this.#emptyRecords++;
      return position;
    }
    this.#writeHead(out, position, count);
    return behind;
  }

  /** Begins a record; gives its end within the buffer. */
  #begin(buffer: WireBuffer, at: number, length: number): number {
    this.#record++;
    return Math.min(at + length, buffer.size);
  }

  /** Size of the payload of the section that begins at `at`; -1, and counted, when it does not end within the record. */
  #sizeAt(buffer: WireBuffer, at: number, end: number): number {
    if (at + headerSize <= end) {
      const size = buffer.u16[at >> 1]!;
      if (at + headerSize + size <= end) return size;
    }
    this.#truncatedRecords++;
    return -1;
  }

  #codecFor(owner: number): SectionCodec | undefined {
    const codec = this.#codecs[owner];
    if (codec === undefined) {
      this.#unknownOwners++;
      return undefined;
    }
    if (this.#seen[owner] !== this.#record) return codec;
    this.#repeatedSections++;
    return undefined;
  }

  #decodeSection(codec: SectionCodec, buffer: WireBuffer, at: number, size: number): SectionData | undefined {
    try {
      const data = codec.decode(buffer, at, size);
      if (data !== undefined) return data;
    } catch {
      // Counted below like any other section that cannot be read.
    }
    this.#countBad(codec);
    return undefined;
  }

  #writeSection(codec: SectionCodec, buffer: WireBuffer, at: number, size: number, position: number): number {
    try {
      const result = codec.write(buffer, at, size, this.#target, position);
      if (result !== badSection) return result;
    } catch {
      // Counted below like any other section that cannot be read.
    }
    this.#countBad(codec);
    return badSection;
  }

  #countBad({ key }: SectionCodec): void {
    this.#badSections.set(key, (this.#badSections.get(key) ?? 0) + 1);
  }

  #writeHead(out: Uint8Array, position: number, count: number): void {
    if (this.#headSize === 2) out[position] = 0xb8;
    out[position + this.#headSize - 1] = this.#headSize === 2 ? count : 0xa0 | count;
  }
}
