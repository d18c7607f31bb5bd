import { CborCursor } from "./cursor.ts";
import { decodeItem } from "./decode-item.ts";
import { containerWeight, maxDepth, maxValues, tooManyValues } from "./item-end.ts";
import { endOfBytes, ItemError } from "./item-error.ts";
import { KeyTrie, type TrieNode } from "./key-trie.ts";

/** Longer than most items. */
const margin = 4096;

/**
 * Decodes the items of an event file (RFC 8949: definite lengths, no tags) to plain values: maps to objects, integers to
 * exact U64, byte strings to `Uint8Array` copies, text that is not UTF-8 with U+FFFD.
 *
 * It learns the key sequences and the texts that recur, and compiles readers for maps that recur; what it learns is
 * bounded. It is several times as fast as cbor-x, to which tests hold it.
 */
export class CborDecoder {
  /** Where it is; also used by compiled readers. */
  readonly cursor = new CborCursor();
  readonly #tries: KeyTrie;
  #depth = 0;
  /** Values that the item may still have. */
  #valuesLeft = 0;
  #nearEnd = false;
  /** Values of the maps being read, innermost last. */
  readonly #values: unknown[] = [];
  #top = 0;

  /** @param wanted keys of the outermost maps that are decoded, the others are left out; all when undefined */
  constructor(wanted?: ReadonlySet<string>) {
    this.#tries = new KeyTrie(wanted);
  }

  /** Position after the item decoded last. */
  get position(): number {
    return this.cursor.position;
  }

  /** Sets the bytes to decode from; positions count from their start. */
  setBytes(bytes: Uint8Array, end: number): void {
    this.cursor.setBytes(bytes, end);
  }

  /** Decodes the item that begins at `start`. @throws ItemError */
  decode(start: number): unknown {
    this.cursor.position = start;
    this.#nearEnd = this.cursor.end - start < margin;
    this.#depth = 0;
    this.#valuesLeft = maxValues;
    this.#top = 0;
    return this.value(this.#tries.root);
  }

  /** Decodes an item that does not recur, e.g. a header: nothing is learned from it. @throws ItemError */
  decodeOnce(start: number): unknown {
    const { value, end } = decodeItem(this.cursor.bytes, start, this.cursor.end);
    this.cursor.position = end;
    return value;
  }

  /**
   * The value at the cursor. @throws ItemError
   *
   * @param node where the key sequences of maps at this place are kept
   */
  value(node: TrieNode): unknown {
    const { cursor } = this;
    if (cursor.position >= cursor.end) throw endOfBytes;
    const initial = cursor.bytes[cursor.position++] as number;
    const information = initial & 31;
    switch (initial >> 5) {
      case 0:
        return cursor.unsigned(information);
      case 1:
        return cursor.negative(information);
      case 2:
        this.#count(containerWeight);
        return cursor.byteString(information);
      case 3:
        return cursor.text(information);
      case 4:
        return this.#array(cursor.argument(information), node);
      case 5:
        return this.#map(cursor.argument(information), node.mapStart);
      case 7:
        return cursor.simple(information);
      default:
        throw new ItemError("malformed", "it has a tag");
    }
  }

  #map(count: number, start: TrieNode): object {
    this.enter(count * 2);
    const read = start.readers[count];
    const object = read === undefined || this.#nearEnd ? this.restOfMap(start, count, []) : read(this);
    this.leave();
    return object;
  }

  /**
   * Reads the pairs of a map from one on.
   *
   * @param node of the keys before it
   * @param left number of pairs that are left
   * @param values of the keys before it
   */
  restOfMap(node: TrieNode, left: number, values: readonly unknown[]): object {
    const base = this.#top;
    for (let i = 0; i < values.length; i++) this.#values[this.#top++] = values[i];
    let last = node;
    for (let i = 0; i < left; i++) {
      last = this.#key(last);
      last.noteKind(this.cursor);
      const value = last.skipped ? this.cursor.skipValue() : this.value(last);
      this.#values[this.#top++] = value;
    }
    const object = this.#tries.build(last, this.#values, base);
    this.#top = base;
    return object;
  }

  /** Reads a key: mostly one that followed the same keys before. */
  #key(node: TrieNode): TrieNode {
    const { cursor } = this;
    const next = node.find(cursor.bytes, cursor.position, cursor.end);
    if (next !== undefined) {
      cursor.position += next.length;
      return next;
    }
    const start = cursor.position;
    if (start >= cursor.end) throw endOfBytes;
    const initial = cursor.bytes[cursor.position++] as number;
    if (initial >> 5 !== 3) throw new ItemError("malformed", "a key is not text");
    const key = cursor.text(initial & 31);
    return this.#tries.extend(node, cursor.bytes.slice(start, cursor.position), key);
  }

  #array(count: number, node: TrieNode): unknown[] {
    this.enter(count);
    const array: unknown[] = [];
    for (let i = 0; i < count; i++) array.push(this.value(node));
    this.leave();
    return array;
  }

  /**
   * Begins an array or map of so many items. Every item takes a byte at least, so that a forged count is found before
   * anything is read. @throws ItemError
   */
  enter(items: number): void {
    if (items > this.cursor.end - this.cursor.position) throw endOfBytes;
    this.#count(items + containerWeight);
    if (++this.#depth > maxDepth) throw new ItemError("malformed", `it is nested deeper than ${maxDepth} levels`);
  }

  #count(values: number): void {
    this.#valuesLeft -= values;
    if (this.#valuesLeft < 0) throw tooManyValues();
  }

  leave(): void {
    this.#depth--;
  }
}
