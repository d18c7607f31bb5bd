/** A CBOR writer (RFC 8949) for values of the event model: definite lengths, shortest heads, integers exact, no tags. */

/** Tag 55799, "self-described CBOR" (RFC 8949 section 3.4.6); the first three bytes of every file of the CBOR form. */
export const selfDescribedTag: Uint8Array = Uint8Array.of(0xd9, 0xd9, 0xf7);

const utf8 = new TextEncoder();

/** CBOR of a value: objects, arrays, text, U64, other numbers as binary64, booleans, null and `Uint8Array`. */
export function encodeCbor(value: unknown): Uint8Array {
  const writer = new CborWriter();
  writer.value(value);
  return writer.bytes();
}

/** Head of an array of `count` items, e.g. of a series whose events follow as ready-made items. */
export function cborArrayHead(count: number): Uint8Array {
  const writer = new CborWriter();
  writer.head(4, count);
  return writer.bytes();
}

class CborWriter {
  #out = new Uint8Array(1024);
  #view = new DataView(this.#out.buffer);
  #at = 0;

  bytes(): Uint8Array {
    return this.#out.subarray(0, this.#at);
  }

  value(value: unknown): void {
    if (typeof value === "string") this.#text(value);
    else if (typeof value === "number") this.#number(value);
    else if (typeof value === "bigint") this.#bigint(value);
    else if (typeof value === "boolean") this.#byte(value ? 0xf5 : 0xf4);
    else if (value instanceof Uint8Array) this.#bytes(2, value);
    else if (Array.isArray(value)) this.#array(value);
    else if (typeof value === "object" && value !== null) this.#map(value);
    else this.#byte(0xf6);
  }

  /** Initial byte and argument (RFC 8949 section 3): `argument` is a safe integer. */
  head(major: number, argument: number): void {
    this.#reserve(9);
    const type = major << 5;
    if (argument < 24) {
      this.#out[this.#at++] = type | argument;
    } else if (argument < 0x100) {
      this.#out[this.#at++] = type | 24;
      this.#out[this.#at++] = argument;
    } else if (argument < 0x1_0000) {
      this.#out[this.#at] = type | 25;
      this.#view.setUint16(this.#at + 1, argument);
      this.#at += 3;
    } else if (argument < 0x1_0000_0000) {
      this.#out[this.#at] = type | 26;
      this.#view.setUint32(this.#at + 1, argument);
      this.#at += 5;
    } else {
      this.#head64(major, BigInt(argument));
    }
  }

  #head64(major: number, argument: bigint): void {
    this.#reserve(9);
    this.#out[this.#at] = (major << 5) | 27;
    this.#view.setBigUint64(this.#at + 1, argument);
    this.#at += 9;
  }

  #number(value: number): void {
    if (!Number.isSafeInteger(value)) this.#float(value);
    else if (value < 0) this.head(1, -1 - value);
    else this.head(0, value);
  }

  #bigint(value: bigint): void {
    const argument = value < 0n ? -1n - value : value;
    if (argument > 0xffff_ffff_ffff_ffffn) throw new RangeError(`Cannot encode ${value} as it exceeds 64 bits`);
    const major = value < 0n ? 1 : 0;
    if (argument <= 0xffff_ffffn) this.head(major, Number(argument));
    else this.#head64(major, argument);
  }

  #float(value: number): void {
    this.#reserve(9);
    this.#out[this.#at] = 0xfb;
    this.#view.setFloat64(this.#at + 1, value);
    this.#at += 9;
  }

  #text(value: string): void {
    this.#bytes(3, utf8.encode(value));
  }

  #bytes(major: number, value: Uint8Array): void {
    this.head(major, value.length);
    this.#reserve(value.length);
    this.#out.set(value, this.#at);
    this.#at += value.length;
  }

  #array(values: readonly unknown[]): void {
    this.head(4, values.length);
    for (const value of values) this.value(value);
  }

  #map(object: object): void {
    const entries = Object.entries(object).filter(([, value]) => value !== undefined);
    this.head(5, entries.length);
    for (const [key, value] of entries) {
      this.#text(key);
      this.value(value);
    }
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#out[this.#at++] = byte;
  }

  #reserve(size: number): void {
    if (this.#at + size <= this.#out.length) return;
    const larger = new Uint8Array(Math.max(this.#out.length * 2, this.#at + size));
    larger.set(this.#out.subarray(0, this.#at));
    this.#out = larger;
    this.#view = new DataView(larger.buffer);
  }
}
