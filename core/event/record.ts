/**
 * A record: a run of sections that the programs built (bpf/include/retis/record.h), each on an 8-byte boundary: `struct
 * retis_section_header`, the payload, padding. The header's `size` (u16) counts the payload without padding; its `owner`
 * (u8) is the number that this run gave to the section.
 */
import type { Event, SectionData } from "../api/event.ts";
import { CborTarget } from "../cbor/writer.ts";
import { badSection, noRoom, type SectionCodec } from "./section-codec.ts";
import type { WireBuffer } from "./wire-buffer.ts";

/** `struct retis_section_header`, from BTF: its size, a multiple of 8, and where its members are. Bytes. */
export interface SectionHeader {
  readonly bytes: number;
  readonly sizeOffset: number;
  readonly ownerOffset: number;
}

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
  private codecs: readonly (SectionCodec | undefined)[];
  /** By owner: number of the last record that held it. */
  private readonly seen = new Float64Array(256);
  private record = 0;
  /** Bytes of the head of an event's map. */
  private readonly headSize: 1 | 2;
  private target = new CborTarget(new Uint8Array(0));
  private readonly badSections = new Map<string, number>();
  private unknownOwners = 0;
  private repeatedSections = 0;
  private truncatedRecords = 0;
  private emptyRecords = 0;

  /** @param sections codecs by owner number, 0 … 255 */
  constructor(
    sections: ReadonlyMap<number, SectionCodec>,
    private readonly header: SectionHeader,
  ) {
    this.codecs = Array.from({ length: 256 }, (_, owner) => sections.get(owner));
    this.headSize = sections.size <= 23 ? 1 : 2;
  }

  /** Calls `seen` for each record that has a section, also when it is written without being decoded. */
  watch(key: string, seen: () => void): void {
    this.codecs = this.codecs.map((codec) => (codec?.key === key ? watched(codec, seen) : codec));
  }

  get stats(): RecordStats {
    return {
      badSections: this.badSections,
      unknownOwners: this.unknownOwners,
      repeatedSections: this.repeatedSections,
      truncatedRecords: this.truncatedRecords,
      emptyRecords: this.emptyRecords,
    };
  }

  /** The event of the record of `length` bytes at `at`, a multiple of 8; undefined when no section of it can be read. */
  decode(buffer: WireBuffer, at: number, length: number): Event | undefined {
    const event: Record<string, SectionData> = {};
    const { codecs, seen } = this;
    const { bytes: headerBytes, sizeOffset, ownerOffset } = this.header;
    const record = ++this.record;
    const end = Math.min(at + length, buffer.size);
    let count = 0;
    for (let next = at; next < end; ) {
      const payload = next + headerBytes;
      const size = payload <= end ? buffer.u16[(next + sizeOffset) >> 1]! : 0;
      if (payload + size > end) {
        this.truncatedRecords++;
        break;
      }
      const owner = buffer.u8[next + ownerOffset]!;
      next = payload + ((size + 7) & ~7);
      const codec = codecs[owner];
      if (codec === undefined || seen[owner] === record) {
        this.#countSkipped(codec);
        continue;
      }
      const data = this.#decodeSection(codec, buffer, payload, size);
      if (data === undefined) continue;
      seen[owner] = record;
      event[codec.key] = data;
      count++;
    }
    return count > 0 ? event : this.#countEmpty();
  }

  /**
   * Writes the event of a record as one CBOR item.
   *
   * @returns the position after it: `position` itself when no section can be read, {@link noRoom} when `out` is full
   * (nothing useful was written; call again with more room)
   */
  write(buffer: WireBuffer, at: number, length: number, out: Uint8Array, position: number): number {
    if (this.target.bytes !== out) this.target = new CborTarget(out);
    const { codecs, seen, target, headSize } = this;
    const { bytes: headerBytes, sizeOffset, ownerOffset } = this.header;
    const { u8, u16 } = buffer;
    const record = ++this.record;
    const end = Math.min(at + length, buffer.size);
    let after = position + headSize;
    let count = 0;
    if (after > out.length) return noRoom;
    for (let next = at; next < end; ) {
      const payload = next + headerBytes;
      const size = payload <= end ? u16[(next + sizeOffset) >> 1]! : 0;
      if (payload + size > end) {
        this.truncatedRecords++;
        break;
      }
      const owner = u8[next + ownerOffset]!;
      next = payload + ((size + 7) & ~7);
      const codec = codecs[owner];
      if (codec === undefined || seen[owner] === record) {
        this.#countSkipped(codec);
        continue;
      }
      let result = badSection;
      try {
        result = codec.write(buffer, payload, size, target, after);
      } catch {
        // A decoder or lookup failed; the section is counted as bad below.
      }
      if (result >= 0) {
        seen[owner] = record;
        after = result;
        count++;
      } else if (result === noRoom) {
        return noRoom;
      } else {
        this.#countBad(codec);
      }
    }
    if (count === 0) {
      this.#countEmpty();
      return position;
    }
    if (headSize === 2) out[position] = 0xb8;
    out[position + headSize - 1] = headSize === 2 ? count : 0xa0 | count;
    return after;
  }

  #decodeSection(codec: SectionCodec, buffer: WireBuffer, at: number, size: number): SectionData | undefined {
    try {
      const data = codec.decode(buffer, at, size);
      if (data !== undefined) return data;
    } catch {
      // A decoder or lookup failed; the section is counted as bad below.
    }
    this.#countBad(codec);
    return undefined;
  }

  #countSkipped(codec: SectionCodec | undefined): void {
    if (codec === undefined) this.unknownOwners++;
    else this.repeatedSections++;
  }

  #countEmpty(): undefined {
    this.emptyRecords++;
  }

  #countBad({ key }: SectionCodec): void {
    this.badSections.set(key, (this.badSections.get(key) ?? 0) + 1);
  }
}

/** A codec of its own, so that sections that nobody watches cost the same as ever. */
function watched(codec: SectionCodec, seen: () => void): SectionCodec {
  return {
    key: codec.key,
    decode: (buffer, at, size) => {
      seen();
      return codec.decode(buffer, at, size);
    },
    write: (buffer, at, size, target, position) => {
      seen();
      return codec.write(buffer, at, size, target, position);
    },
  };
}
