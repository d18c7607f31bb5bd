/** Reading bytes without trusting them: a cursor that checks every access, and hexadecimal text. */

/** Two lowercase hexadecimal digits for each byte value. */
export const HEX_BYTES: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/**
 * A position in bytes that come from outside. Integers are read in network byte order (big endian).
 *
 * No read ever throws or leaves the window `offset … end`: what lies beyond reads as zero, the cursor stops at `end`
 * and {@link overrun} becomes true. Callers that must know beforehand call {@link has}.
 */
export class ByteCursor {
  /** True once a read, skip or take went beyond `end`. */
  overrun = false;

  readonly #bytes: Uint8Array;
  #offset: number;
  #end: number;

  /** A cursor over `bytes[start … end)`; both bounds are clamped to the array. */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#end = Math.min(Math.max(end, 0), bytes.length);
    this.#offset = Math.min(Math.max(start, 0), this.#end);
  }

  /** Index into the underlying array of the next byte to read. */
  get offset(): number {
    return this.#offset;
  }

  /** Index into the underlying array just after the last readable byte. */
  get end(): number {
    return this.#end;
  }

  /** How many bytes are left. */
  get remaining(): number {
    return this.#end - this.#offset;
  }

  /** Whether at least `count` bytes are left. */
  has(count: number): boolean {
    return this.#end - this.#offset >= count;
  }

  u8(): number {
    if (this.#offset >= this.#end) return this.#past();
    return this.#bytes[this.#offset++]!;
  }

  u16(): number {
    const at = this.#offset;
    if (this.#end - at < 2) return this.#past();
    this.#offset = at + 2;
    return (this.#bytes[at]! << 8) | this.#bytes[at + 1]!;
  }

  u24(): number {
    const at = this.#offset;
    if (this.#end - at < 3) return this.#past();
    this.#offset = at + 3;
    return (this.#bytes[at]! << 16) | (this.#bytes[at + 1]! << 8) | this.#bytes[at + 2]!;
  }

  u32(): number {
    const at = this.#offset;
    const bytes = this.#bytes;
    if (this.#end - at < 4) return this.#past();
    this.#offset = at + 4;
    return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
  }

  /** A 48-bit integer, which a number holds exactly. */
  u48(): number {
    if (!this.has(6)) return this.#past();
    return this.u24() * 0x100_0000 + this.u24();
  }

  /** The next byte without moving, or 0 at the end. */
  peek(): number {
    return this.#offset < this.#end ? this.#bytes[this.#offset]! : 0;
  }

  /** Moves on by `count` bytes, at most to the end. */
  skip(count: number): void {
    if (this.has(count)) this.#offset += Math.max(count, 0);
    else this.#past();
  }

  /** A cursor over the next `count` bytes, or over what is left of them; this one moves past them. */
  take(count: number): ByteCursor {
    const start = this.#offset;
    this.skip(count);
    return new ByteCursor(this.#bytes, start, this.#offset);
  }

  /** Ends the window at array index `end`, never later than before and never before the current position. */
  limit(end: number): void {
    if (end < this.#end) this.#end = Math.max(end, this.#offset);
  }

  /** The next `count` bytes, or what is left of them, as lowercase hexadecimal digits. */
  hex(count: number): string {
    const stop = this.#offset + Math.min(Math.max(count, 0), this.remaining);
    let text = "";
    for (let at = this.#offset; at < stop; at++) text += HEX_BYTES[this.#bytes[at]!]!;
    this.skip(count);
    return text;
  }

  #past(): 0 {
    this.#offset = this.#end;
    this.overrun = true;
    return 0;
  }
}

/** Bytes written as hexadecimal digits; the inverse of {@link ByteCursor.hex}. Spaces between bytes are allowed. */
export function bytesFromHex(hex: string): Uint8Array {
  return Uint8Array.fromHex(hex.replaceAll(" ", ""));
}
