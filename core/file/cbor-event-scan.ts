import { argumentAfter, argumentSize, checkValues, itemEnd, mayHaveManyValues } from "../cbor/item-end.ts";
import { endOfBytes, ItemError } from "../cbor/item-error.ts";
import { EventScan, Halves, scannedSections, wantedBit } from "./event-scan.ts";
import { kinds, Members, type Shape } from "./section-shape.ts";

/** Depth at which events are scanned: a series puts each event into a list, so that a copy is one level deeper. */
const eventDepth = 1;

const keysOf = (names: readonly string[]) => names.map((name) => new TextEncoder().encode(name));
const timestampKey = keysOf(["timestamp"])[0]!;
const commonKey = keysOf(["common"])[0]!;
const [headKey, idTimeKey, skbKey] = keysOf(["orig_head", "timestamp", "skb"]) as [Uint8Array, Uint8Array, Uint8Array];
const trackedBit = scannedSections["skb-tracking"];
/** Of none of {@link scannedSections}. */
const commonBit = -1;

/** By major type (RFC 8949 section 3.1), what a value is. */
const kindOf = [kinds.unsigned, kinds.negative, kinds.bytes, kinds.text, kinds.list, kinds.map, 0, 0];
const [falseByte, trueByte] = [0xf4, 0xf5];
/** First head of a text whose length is not in the head. */
const longText = 0x78;

/**
 * Scans events of the CBOR form. It accepts exactly what {@link CborDecoder} decodes, one level of nesting less, so that
 * the bytes of an event may be copied into another file as they are.
 */
export class CborEventScan extends EventScan {
  #end = 0;
  readonly #unused = new Halves();
  readonly #sectionKeys: readonly Uint8Array[];
  readonly #sectionBits: readonly number[];
  readonly #known: Members;

  /**
   * @param wanted keys of further sections to look for
   * @param known shapes of sections: an event whose sections have others is marked as odd
   */
  constructor(wanted: readonly string[] = [], known: Members = new Members([])) {
    super();
    this.#known = known;
    this.#sectionKeys = keysOf([...Object.keys(scannedSections), ...wanted]);
    this.#sectionBits = [...Object.values(scannedSections), ...wanted.map(() => wantedBit)];
  }

  /** Position after the item scanned last. */
  get position(): number {
    return this.end;
  }

  /** Sets the bytes to scan; positions count from their start. */
  setBytes(bytes: Uint8Array, end: number): void {
    this.bytes = bytes;
    this.#end = end;
  }

  /** Scans the item that begins at `start`. @throws ItemError */
  decode(start: number): this {
    this.reset(this.bytes, start);
    this.isEvent = start < this.#end && this.bytes[start]! >> 5 === 5;
    this.end = this.isEvent ? this.#event(start) : this.#skip(start, 0);
    if (this.isEvent && mayHaveManyValues(this.end - start)) checkValues(this.bytes, start, this.end);
    return this;
  }

  #event(start: number): number {
    const count = this.#count(start);
    let at = this.#next;
    let expected = 0;
    for (let i = 0; i < count; i++) {
      const key = this.#key(at);
      at = this.#next;
      if (!this.#isMap(at)) this.odd = true;
      const known = this.#known.find(this.bytes, key, at, expected);
      if (known >= 0) expected = known + 1;
      at = this.#section(key, at, known < 0 ? undefined : this.#known.shapes[known]);
    }
    return at;
  }

  /** The section at `at`, whose key begins at `key` and ends there. */
  #section(key: number, at: number, shape: Shape | undefined): number {
    const bit = this.#sectionBit(key, at - key);
    let end: number | undefined;
    if (bit === commonBit) end = this.#common(at);
    else if (bit === trackedBit) end = this.#tracking(at);
    else this.sections |= bit;
    if (shape !== undefined) return this.#shaped(at, shape, 1);
    return end ?? this.#skip(at, 1);
  }

  #sectionBit(key: number, length: number): number {
    if (length === commonKey.length && this.#isKey(commonKey, key)) return commonBit;
    const keys = this.#sectionKeys;
    for (let i = 0; i < keys.length; i++) {
      const known = keys[i]!;
      if (known.length === length && this.#isKey(known, key)) return this.#sectionBits[i]!;
    }
    return 0;
  }

  /** Position after the value at `at`, which is in `depth` maps of the event; one of another shape makes the event odd. */
  #shaped(at: number, shape: Shape, depth: number): number {
    if (at >= this.#end) throw endOfBytes;
    const initial = this.bytes[at]!;
    const kind = initial === falseByte || initial === trueByte ? kinds.boolean : kindOf[initial >> 5]!;
    if ((shape.kinds & kind) === 0) this.odd = true;
    else if (kind === kinds.map) return this.#shapedMembers(at, shape.members!, depth + 1);
    else if (kind === kinds.list) return this.#shapedItems(at, shape.items!, depth + 1);
    else if ((kind & (kinds.unsigned | kinds.negative)) !== 0 && shape.largest < Number.POSITIVE_INFINITY) {
      if (this.#argument(at) > shape.largest) this.odd = true;
      return this.#next;
    }
    return this.#skip(at, depth);
  }

  #shapedMembers(start: number, members: Members, depth: number): number {
    const { bytes } = this;
    const count = this.#count(start);
    let at = this.#next;
    let expected = 0;
    let required = 0;
    for (let i = 0; i < count; i++) {
      const length = members.keyLength("cbor", bytes, at, expected);
      let number = expected;
      if (length > 0 && at + length < this.#end) at += length;
      else {
        const key = this.#key(at);
        at = this.#next;
        number = members.find(bytes, key, at, expected);
        if (number < 0) {
          at = this.#skip(at, depth);
          continue;
        }
      }
      expected = number + 1;
      if (members.isRequired[number]) required++;
      const shape = members.shapes[number]!;
      const initial = bytes[at]!;
      if (initial < 24 && at < this.#end && (shape.kinds & kinds.unsigned) !== 0) at++;
      else at = this.#shaped(at, shape, depth);
    }
    if (required < members.required) this.odd = true;
    return at;
  }

  #shapedItems(start: number, items: Shape, depth: number): number {
    const count = this.#argument(start);
    let at = this.#next;
    if (count > this.#end - at) throw endOfBytes;
    for (let i = 0; i < count; i++) at = this.#shaped(at, items, depth);
    return at;
  }

  #common(at: number): number {
    if (!this.#isMap(at)) return this.#skip(at, 1);
    const count = this.#count(at);
    at = this.#next;
    for (let i = 0; i < count; i++) {
      const key = this.#key(at);
      const isTime = this.#next - key === timestampKey.length && this.#isKey(timestampKey, key);
      at = this.#next;
      if (isTime && this.#isUnsigned(at)) at = this.#unsigned(at, this.time);
      else at = this.#skip(at, 2);
    }
    return at;
  }

  #tracking(at: number): number {
    if (!this.#isMap(at)) return this.#skip(at, 1);
    const count = this.#count(at);
    let found = 0;
    at = this.#next;
    for (let i = 0; i < count; i++) {
      const key = this.#key(at);
      const length = this.#next - key;
      at = this.#next;
      if (!this.#isUnsigned(at)) {
        at = this.#skip(at, 2);
        continue;
      }
      let target = this.#unused;
      if (length === skbKey.length && this.#isKey(skbKey, key)) {
        target = this.skb;
        found |= 1;
      } else if (length === headKey.length && this.#isKey(headKey, key)) {
        target = this.idHead;
        found |= 2;
      } else if (length === idTimeKey.length && this.#isKey(idTimeKey, key)) {
        target = this.idTime;
        found |= 4;
      }
      at = this.#unsigned(at, target);
    }
    if (found === 7) this.sections |= trackedBit;
    return at;
  }

  /** Where reading goes on after {@link #count}, {@link #key} and {@link #argument}. */
  #next = 0;

  #isMap(at: number): boolean {
    return at < this.#end && this.bytes[at]! >> 5 === 5;
  }

  #isUnsigned(at: number): boolean {
    return at < this.#end && this.bytes[at]! >> 5 === 0;
  }

  /** Number of entries of the map at `at`. */
  #count(at: number): number {
    const count = this.#argument(at);
    if (count * 2 > this.#end - this.#next) throw endOfBytes;
    return count;
  }

  /** Where the text of the key at `at` begins; it ends at `#next`. */
  #key(at: number): number {
    if (at >= this.#end) throw endOfBytes;
    const initial = this.bytes[at]!;
    if (initial >> 5 !== 3) throw new ItemError("malformed", "a key is not text");
    const length = initial < longText ? initial & 31 : this.#argument(at);
    if (initial < longText) this.#next = at + 1;
    const start = this.#next;
    if (length > this.#end - start) throw endOfBytes;
    this.#next = start + length;
    return start;
  }

  #isKey(key: Uint8Array, at: number): boolean {
    const { bytes } = this;
    for (let i = 0; i < key.length; i++) if (bytes[at + i] !== key[i]) return false;
    return true;
  }

  /** Argument of the head at `at`. */
  #argument(at: number): number {
    const information = this.bytes[at]! & 31;
    const size = argumentSize(information, at, this.#end);
    this.#next = at + 1 + size;
    return size === 0 ? information : argumentAfter(this.bytes, at, size);
  }

  #unsigned(at: number, target: Halves): number {
    const { bytes } = this;
    if ((bytes[at]! & 31) !== 27) {
      target.set(0, this.#argument(at));
      return this.#next;
    }
    argumentSize(27, at, this.#end);
    target.set(this.#word(at + 1), this.#word(at + 5));
    return at + 9;
  }

  #word(at: number): number {
    const { bytes } = this;
    return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
  }

  /** Position after the value at `at`, which is in `depth` maps of the event. */
  #skip(at: number, depth: number): number {
    return itemEnd(this.bytes, at, this.#end, eventDepth + depth);
  }
}
