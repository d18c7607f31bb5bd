import { type BtfKind, kindNumber } from "../btf-types.ts";

/** Writes small BTF blobs for tests that no compiler at hand produces: split, old or damaged ones. */
export class BtfBuilder {
  readonly #words: number[] = [];
  #strings = "";
  #count = 0;

  /** @param stringsStart first string offset, @param firstId first type id: those after the base for split BTF */
  constructor(
    private readonly stringsStart = 0,
    private readonly firstId = 1,
  ) {
    if (stringsStart === 0) this.#strings = "\0";
  }

  /** One more than the id of the last type. */
  get endId(): number {
    return this.firstId + this.#count;
  }

  /** Offset of a new string. */
  string(text: string): number {
    const offset = this.stringsStart + this.#strings.length;
    this.#strings += `${text}\0`;
    return offset;
  }

  /** Adds a type and gives its id. `name` is text, or the offset of a string that exists already. */
  type(
    kind: BtfKind | number,
    fields: { name?: string | number; length?: number; flag?: boolean; sizeOrType?: number; words?: number[] } = {},
  ): number {
    const { name = 0, length = 0, flag = false, sizeOrType = 0, words = [] } = fields;
    const number = typeof kind === "number" ? kind : kindNumber(kind);
    const info = ((number << 24) | length | (flag ? 0x8000_0000 : 0)) >>> 0;
    this.#words.push(typeof name === "string" ? this.string(name) : name, info, sizeOrType, ...words);
    return this.firstId + this.#count++;
  }

  /** @param layout entries `[bytes, bytes per element]` by kind, for the header of newer kernels */
  bytes(layout?: readonly (readonly [number, number])[]): Uint8Array {
    const types = new Uint8Array(new Uint32Array(this.#words).buffer);
    const strings = new TextEncoder().encode(this.#strings);
    const table = new Uint8Array((layout ?? []).flatMap(([fixed, each]) => [fixed, each, 0, 0]));
    const headerLength = layout === undefined ? 24 : 32;
    const header = new DataView(new ArrayBuffer(headerLength));
    header.setUint16(0, 0xeb9f, true);
    header.setUint8(2, 1);
    const fields = [headerLength, 0, types.length, types.length, strings.length];
    if (layout !== undefined) fields.push(types.length + strings.length, table.length);
    fields.forEach((value, index) => header.setUint32(4 + index * 4, value, true));
    return Buffer.concat([new Uint8Array(header.buffer), types, strings, table]);
  }
}
