/** The blocks of packets, of which a capture has very many: they are written where the output collects its bytes. */
import { blockTypes, type CapturedPacket, maxOptionLength, optionCodes } from "./pcapng.ts";

/** What is said of a packet. */
export interface PacketNotes {
  /** For people. */
  readonly comment: string;
  /** For programs: a second comment, and a text of an enterprise that tools may copy (opt_custom, 2988). */
  readonly metadata: string;
  /** Private Enterprise Number, says whose text it is. */
  readonly enterprise: number;
}

/** Type, two lengths and five words. */
const fixedLength = 32;
/** Three options with their padding, the number of the enterprise, and what closes the options. */
const optionsRoom = 3 * 8 + 4 + 4;
/** UTF-8 has at most three bytes for each unit of UTF-16. */
const bytesOfUnit = 3;

/** Writes one packet after the other. */
export class PacketBlockWriter {
  /** Packets of whose notes something was too long for an option, and left out. */
  shortened = 0;
  #into: Buffer = Buffer.alloc(0);
  #at = 0;

  /** Most bytes that a packet takes. */
  room({ data }: CapturedPacket, notes: PacketNotes | undefined): number {
    const texts = notes === undefined ? 0 : bytesOfUnit * (notes.comment.length + 2 * notes.metadata.length) + optionsRoom;
    return fixedLength + data.length + 3 + texts;
  }

  /** Writes the "Enhanced Packet Block" into the buffer from `start` on. @returns the position after it */
  write(into: Buffer, start: number, packet: CapturedPacket, notes: PacketNotes | undefined): number {
    const { interfaceId, time, data, originalLength } = packet;
    this.#into = into;
    this.#at = start;
    this.#words(blockTypes.enhancedPacket, 0, interfaceId, Number(time >> 32n), Number(time & 0xffff_ffffn), data.length, originalLength);
    into.set(data, this.#at);
    this.#padTo(this.#at + data.length);
    if (notes !== undefined) this.#notes(notes);
    const size = this.#at + 4 - start;
    this.#words(size);
    into.writeUInt32LE(size, start + 4);
    return this.#at;
  }

  #notes({ comment, metadata, enterprise }: PacketNotes): void {
    const start = this.#at;
    const first = this.#comment(comment);
    const second = this.#comment(metadata);
    const third = second >= 0 && this.#customText(enterprise, second);
    if (first < 0 || !third) this.shortened++;
    if (this.#at > start) this.#words(0); // opt_endofopt
  }

  /** An opt_comment. @returns the length of its text; -1 for one that is too long, which is not written */
  #comment(text: string): number {
    const length = this.#into.write(text, this.#at + 4);
    if (length > maxOptionLength) return -1;
    this.#words((length << 16) | optionCodes.comment);
    this.#padTo(this.#at + length);
    return length;
  }

  /** An opt_custom with the text of the option before it, which has that many bytes. */
  #customText(enterprise: number, length: number): boolean {
    if (length + 4 > maxOptionLength) return false;
    const text = this.#at - padded(length);
    this.#words(((length + 4) << 16) | optionCodes.customText, enterprise);
    this.#into.copyWithin(this.#at, text, text + length);
    this.#padTo(this.#at + length);
    return true;
  }

  #words(...words: readonly number[]): void {
    for (const word of words) this.#at = this.#into.writeUInt32LE(word >>> 0, this.#at);
  }

  /** Blocks begin at multiples of four. */
  #padTo(end: number): void {
    this.#at = end;
    while (this.#at & 3) this.#into[this.#at++] = 0;
  }
}

function padded(length: number): number {
  return (length + 3) & ~3;
}
