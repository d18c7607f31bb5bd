/** The names of a BTF blob. Split BTF continues the numbering of its base: lower offsets are names of the base. */
export class BtfStrings {
  /** The first offset that belongs to no table up to and including this one. */
  readonly end: number;
  /** The offset of the first byte of this table. */
  readonly start: number;
  /** The same bytes; the quickest way to text. */
  readonly #text: Buffer;

  constructor(
    readonly bytes: Uint8Array,
    private readonly base?: BtfStrings,
  ) {
    this.start = base?.end ?? 0;
    this.end = this.start + bytes.length;
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** The name at an offset; empty when the offset is beyond the table, as damaged BTF may have it. */
  text(offset: number): string {
    if (this.base !== undefined && offset < this.start) return this.base.text(offset);
    const from = offset - this.start;
    const to = this.#text.indexOf(0, from);
    return to <= from ? "" : this.#text.toString("utf8", from, to);
  }

  /** {@link hashOfName} of the name at an offset. */
  hash(offset: number): number {
    if (this.base !== undefined && offset < this.start) return this.base.hash(offset);
    return hashOfName(this.bytes, offset - this.start);
  }

  /** Whether the name at an offset is this one; `wanted` ends with its zero byte. */
  equals(offset: number, wanted: Uint8Array): boolean {
    if (this.base !== undefined && offset < this.start) return this.base.equals(offset, wanted);
    const from = offset - this.start;
    for (let at = 0; at < wanted.length; at++) {
      if (this.bytes[from + at] !== wanted[at]) return false;
    }
    return true;
  }
}

/**
 * Hash of the name from `start` up to a zero byte or the end. Rotate and exclusive-or: unlike a multiplication these are
 * quick in code that has not been compiled yet, and most of this work is done in the first milliseconds.
 */
export function hashOfName(bytes: Uint8Array, start: number): number {
  let hash = 0;
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === 0) break;
    hash = (hash << 5) ^ (hash >>> 27) ^ byte;
  }
  return spread(hash);
}

/** Carries the information of all bits into the low ones, which choose the slot. */
export function spread(hash: number): number {
  const product = Math.imul(hash, 0x9e3779b1);
  return product ^ (product >>> 15);
}
