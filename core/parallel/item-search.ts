import { itemEnd } from "../cbor/item-end.ts";

/** Heads of maps whose size is in the head (RFC 8949 section 3.1). */
const emptyMap = 0xa0;
const largestMap = 0xb7;

/**
 * Where an item may begin among bytes from the middle of a file of the CBOR form: where a map begins with the key that another item
 * of the file begins with. That could also be within a value: who uses it has to compare it with where the item before ends.
 */
export class ItemSearch {
  /** How many bytes at the end of those given have to be given again. */
  readonly overlap: number;
  readonly #key: Uint8Array;

  /** @param item bytes of the file from where an item begins. @throws ItemError when they are no map with a key */
  constructor(item: Uint8Array) {
    this.#key = item.slice(1, itemEnd(item, 1, item.length));
    this.overlap = this.#key.length;
  }

  /** Index in `bytes` of the first item that begins there; -1 when there is none. */
  find(bytes: Uint8Array): number {
    const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = all.indexOf(this.#key, 1); at >= 0; at = all.indexOf(this.#key, at + 1)) {
      const head = all[at - 1]!;
      if (head > emptyMap && head <= largestMap) return at - 1;
    }
    return -1;
  }
}
