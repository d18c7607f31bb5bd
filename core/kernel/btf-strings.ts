/** The names of a BTF blob. Split BTF continues the numbering of its base, which is not split: lower offsets are names of the base. */
export class BtfStrings {
  /** The first offset that belongs to no table up to and including this one. */
  readonly end: number;
  /** The offset of the first byte of this table. */
  readonly start: number;
  /** The same bytes; the quickest way to text. */
  readonly #text: Buffer;

  constructor(
    readonly bytes: Uint8Array,
    readonly base?: BtfStrings,
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
