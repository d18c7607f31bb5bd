import { argumentAfter, argumentSize, itemEnd } from "../cbor/item-end.ts";
import { endOfBytes, ItemError } from "../cbor/item-error.ts";
import { EventScan, Halves, scannedSections, wantedBit } from "./event-scan.ts";

/** Depth at which events are scanned: a series puts each event into a list, so that a copy is one level deeper. */
const eventDepth = 1;

const keysOf = (names: readonly string[]) => names.map((name) => new TextEncoder().encode(name));
const timestampKey = keysOf(["timestamp"])[0]!;
const commonKey = keysOf(["common"])[0]!;
const [headKey, idTimeKey, skbKey] = keysOf(["orig_head", "timestamp", "skb"]) as [Uint8Array, Uint8Array, Uint8Array];
const trackedBit = scannedSections["skb-tracking"];

/**
 * Scans events of the CBOR form. It accepts exactly what {@link CborDecoder} decodes, one level of nesting less, so that
 * the bytes of an event may be copied into another file as they are.
 */
export class CborEventScan extends EventScan {
  #end = 0;
  readonly #unused = new Halves();
  readonly #sectionKeys: readonly Uint8Array[];
  readonly #sectionBits: readonly number[];

  /** @param wanted keys of further sections to look for */
  constructor(wanted: readonly string[] = []) {
    super();
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
    return this;
  }

  #event(start: number): number {
    const count = this.#count(start);
    let at = this.#next;
    for (let i = 0; i < count; i++) {
      const key = this.#key(at);
      const length = this.#next - key;
      at = this.#next;
      if (length === commonKey.length && this.#isKey(commonKey, key)) at = this.#common(at);
      else at = this.#section(key, length, at);
    }
    return at;
  }

  #section(key: number, length: number, at: number): number {
    const keys = this.#sectionKeys;
    for (let i = 0; i < keys.length; i++) {
      const known = keys[i]!;
      if (known.length !== length || !this.#isKey(known, key)) continue;
      const bit = this.#sectionBits[i]!;
      if (bit === trackedBit) return this.#tracking(at);
      this.sections |= bit;
      break;
    }
    return this.#skip(at, 1);
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
    if (this.bytes[at]! >> 5 !== 3) throw new ItemError("malformed", "a key is not text");
    const length = this.#argument(at);
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
