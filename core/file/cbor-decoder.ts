import { u64FromBigInt } from "../api/event.ts";
import { maxDepth } from "./cbor-item.ts";
import { KeyTrie, type TrieNode } from "./key-trie.ts";
import { TextCache } from "./text-cache.ts";

/** An item cannot be decoded: `"incomplete"` when it goes on beyond the bytes at hand, `"malformed"` when it breaks the format. */
export class ItemError extends Error {
  constructor(
    readonly kind: "incomplete" | "malformed",
    message: string,
  ) {
    super(message);
  }
}

/** Made once: an incomplete item is met at the end of every chunk. */
const endOfBytes = new ItemError("incomplete", "the item is cut short");

/**
 * Decodes the items of an event file (RFC 8949: definite lengths, no tags) to plain values: maps to objects, integers to
 * exact U64, byte strings to `Uint8Array` copies, text that is no UTF-8 with U+FFFD.
 *
 * It learns the key sequences and the texts that recur, which makes it about six times as fast as cbor-x here; what
 * it learns is bounded. Tests hold it to cbor-x.
 */
export class CborDecoder {
  /** Position after the item decoded last. */
  position = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #end = 0;
  #depth = 0;
  /** Values of the maps being read, innermost last. */
  readonly #values: unknown[] = [];
  #top = 0;
  readonly #texts = new TextCache();
  readonly #tries = new KeyTrie();

  /** Sets the bytes to decode from; positions count from their start. */
  setBytes(bytes: Uint8Array, end: number): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, end);
    this.#end = end;
  }

  /** Decodes the item that begins at `start`. @throws ItemError */
  decode(start: number): unknown {
    this.position = start;
    this.#depth = 0;
    this.#top = 0;
    return this.#value(this.#tries.root);
  }

  /** @param node where the key sequences of maps at this place are kept */
  #value(node: TrieNode): unknown {
    if (this.position >= this.#end) throw endOfBytes;
    const initial = this.#bytes[this.position++] as number;
    const information = initial & 31;
    switch (initial >> 5) {
      case 0:
        return information < 24 ? information : this.#unsigned(information);
      case 1:
        return this.#negative(information);
      case 2:
        return this.#byteString(this.#argument(information));
      case 3:
        return this.#text(this.#argument(information));
      case 4:
        return this.#array(this.#argument(information), node);
      case 5:
        return this.#map(this.#argument(information), node);
      case 7:
        return this.#simple(information);
      default:
        throw new ItemError("malformed", "it holds a tag");
    }
  }

  #map(count: number, site: TrieNode): object {
    this.#enter(count * 2);
    const base = this.#top;
    let node = site.mapStart;
    for (let i = 0; i < count; i++) {
      node = this.#key(node);
      const value = this.#value(node);
      this.#values[this.#top++] = value;
    }
    const object = node.build(this.#values, base);
    this.#top = base;
    this.#depth--;
    return object;
  }

  /** Reads a key: mostly one that followed the same keys before. */
  #key(node: TrieNode): TrieNode {
    const next = node.find(this.#bytes, this.position, this.#end);
    if (next !== undefined) {
      this.position += next.length;
      return next;
    }
    const start = this.position;
    if (start >= this.#end) throw endOfBytes;
    const initial = this.#bytes[this.position++] as number;
    if (initial >> 5 !== 3) throw new ItemError("malformed", "a key is not text");
    const key = this.#text(this.#argument(initial & 31));
    return this.#tries.extend(node, this.#bytes.slice(start, this.position), key);
  }

  #array(count: number, node: TrieNode): unknown[] {
    this.#enter(count);
    const array: unknown[] = [];
    for (let i = 0; i < count; i++) array.push(this.#value(node));
    this.#depth--;
    return array;
  }

  /** Every item takes a byte at least, so that a forged count is found before anything is read. */
  #enter(items: number): void {
    if (items > this.#end - this.position) throw endOfBytes;
    if (++this.#depth > maxDepth) throw new ItemError("malformed", "it is nested too deeply");
  }

  #text(length: number): string {
    const start = this.position;
    this.#skip(length);
    return this.#texts.text(this.#bytes, start, length);
  }

  #byteString(length: number): Uint8Array {
    const start = this.position;
    this.#skip(length);
    const copy = new Uint8Array(length);
    for (let i = 0; i < length; i++) copy[i] = this.#bytes[start + i] as number;
    return copy;
  }

  /** The argument of a length or count; a value that no chunk can hold simply counts as one that goes on too far. */
  #argument(information: number): number {
    return information < 24 ? information : Number(this.#unsigned(information));
  }

  #unsigned(information: number): number | bigint {
    const at = this.position;
    switch (information) {
      case 24:
        this.#skip(1);
        return this.#bytes[at] as number;
      case 25:
        this.#skip(2);
        return this.#view.getUint16(at);
      case 26:
        this.#skip(4);
        return this.#view.getUint32(at);
      case 27:
        this.#skip(8);
        return this.#unsigned64(at);
      default:
        throw new ItemError("malformed", information === 31 ? "a length is indefinite" : "a head is reserved");
    }
  }

  #unsigned64(at: number): number | bigint {
    const high = this.#view.getUint32(at);
    return high <= 0x1f_ffff ? high * 0x1_0000_0000 + this.#view.getUint32(at + 4) : this.#view.getBigUint64(at);
  }

  #negative(information: number): number | bigint {
    const argument = information < 24 ? information : this.#unsigned(information);
    return typeof argument === "number" && argument < Number.MAX_SAFE_INTEGER
      ? -1 - argument
      : u64FromBigInt(-1n - BigInt(argument));
  }

  #simple(information: number): unknown {
    const at = this.position;
    switch (information) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
        return null;
      case 23:
        return undefined;
      case 25:
        this.#skip(2);
        return float16(this.#view.getUint16(at));
      case 26:
        this.#skip(4);
        return this.#view.getFloat32(at);
      case 27:
        this.#skip(8);
        return this.#view.getFloat64(at);
      default:
        throw new ItemError("malformed", "it holds a reserved simple value");
    }
  }

  #skip(length: number): void {
    if (length > this.#end - this.position) throw endOfBytes;
    this.position += length;
  }
}

/** IEEE 754 binary16 (RFC 8949 appendix D). */
function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
