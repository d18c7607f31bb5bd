import { u64FromBigInt } from "../api/event.ts";
import { itemEnd } from "./item-end.ts";
import { endOfBytes, ItemError, noArgument } from "./item-error.ts";
import { TextCache } from "./text-cache.ts";

/** A position in CBOR bytes, and the values without members that can be read from there (RFC 8949 section 3). */
export class CborCursor {
  position = 0;
  bytes: Uint8Array = new Uint8Array(0);
  /** The same bytes. */
  view: DataView = new DataView(new ArrayBuffer(0));
  /** Where the bytes at hand end. */
  end = 0;
  readonly texts = new TextCache();

  setBytes(bytes: Uint8Array, end: number): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, end);
    this.end = end;
  }

  /** The argument of a length or count; a value that no chunk can hold simply counts as one that goes on too far. */
  argument(information: number): number {
    return information < 24 ? information : Number(this.unsigned(information));
  }

  /** @param information low five bits of the initial byte, here and below */
  unsigned(information: number): number | bigint {
    if (information < 24) return information;
    const at = this.position;
    switch (information) {
      case 24:
        this.#skip(1);
        return this.bytes[at] as number;
      case 25:
        this.#skip(2);
        return this.view.getUint16(at);
      case 26:
        this.#skip(4);
        return this.view.getUint32(at);
      case 27:
        this.#skip(8);
        return this.unsigned64(at);
      default:
        throw noArgument(information);
    }
  }

  /** The eight bytes at `at`, which must be at hand. */
  unsigned64(at: number): number | bigint {
    const high = this.view.getUint32(at);
    return high <= 0x1f_ffff ? high * 0x1_0000_0000 + this.view.getUint32(at + 4) : this.view.getBigUint64(at);
  }

  negative(information: number): number | bigint {
    const argument = this.unsigned(information);
    return typeof argument === "number" && argument < Number.MAX_SAFE_INTEGER ? -1 - argument : u64FromBigInt(-1n - BigInt(argument));
  }

  text(information: number): string {
    const length = this.argument(information);
    const start = this.position;
    this.#skip(length);
    return this.texts.text(this.bytes, this.view, start, length);
  }

  /** A copy. */
  byteString(information: number): Uint8Array {
    const length = this.argument(information);
    const start = this.position;
    this.#skip(length);
    return this.copy(start, length);
  }

  /** The bytes from `start`, which must be at hand; faster than `slice` for the length of a packet. */
  copy(start: number, length: number): Uint8Array {
    const copy = new Uint8Array(length);
    const { bytes } = this;
    for (let i = 0; i < length; i++) copy[i] = bytes[start + i] as number;
    return copy;
  }

  simple(information: number): unknown {
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
        return float16(this.view.getUint16(at));
      case 26:
        this.#skip(4);
        return this.view.getFloat32(at);
      case 27:
        this.#skip(8);
        return this.view.getFloat64(at);
      default:
        throw new ItemError("malformed", "it has a reserved simple value");
    }
  }

  /** Passes over the value of a key of an outermost map. @throws ItemError */
  skipValue(): void {
    this.position = itemEnd(this.bytes, this.position, this.end, 1);
  }

  #skip(length: number): void {
    if (length > this.end - this.position) throw endOfBytes;
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
