/**
 * Typed views over memory that holds records, e.g. the mapped ring. Made once; codecs index the views directly
 * (`u32[offset >> 2]`) instead of making a view for each record. Numbers are little-endian, like every supported CPU.
 */
export class WireBuffer {
  /** Bytes that can be read. */
  readonly size: number;
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
  readonly i8: Int8Array;
  readonly i16: Int16Array;
  readonly i32: Int32Array;
  readonly #buffer: Buffer;

  /**
   * @param byteOffset start of the window, a multiple of 8
   * @param length bytes; the up to three left over after the last whole word are not readable
   */
  constructor(memory: ArrayBuffer, byteOffset = 0, length = memory.byteLength - byteOffset) {
    this.size = length & ~3;
    this.u8 = new Uint8Array(memory, byteOffset, this.size);
    this.i8 = new Int8Array(memory, byteOffset, this.size);
    this.u16 = new Uint16Array(memory, byteOffset, this.size >> 1);
    this.i16 = new Int16Array(memory, byteOffset, this.size >> 1);
    this.u32 = new Uint32Array(memory, byteOffset, this.size >> 2);
    this.i32 = new Int32Array(memory, byteOffset, this.size >> 2);
    this.#buffer = Buffer.from(memory, byteOffset, this.size);
  }

  /** The bytes `start … end` as text, one character each; twice as fast as a text decoder for ASCII. */
  latin1(start: number, end: number): string {
    return this.#buffer.toString("latin1", start, end);
  }
}
