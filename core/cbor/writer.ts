/**
 * CBOR (RFC 8949) on the path of each event: definite lengths, shortest integer heads, integers exact, no tags. The parts
 * are what generated section writers call; {@link writeValue} takes an event that is an object already, twice as fast
 * as {@link encodeItem}, to which tests hold it.
 */

/** Bytes to write CBOR into, with the view that multi-byte stores need; made once for each output buffer. */
export class CborTarget {
  readonly view: DataView;

  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}

/** Most bytes that the head of an item takes. */
export const maxHeadSize = 9;

/** Major types, where the head of an item has them. */
export const major = { unsigned: 0x00, negative: 0x20, bytes: 0x40, text: 0x60, array: 0x80, map: 0xa0 } as const;
const simple = { false: 0xf4, true: 0xf5, null: 0xf6, float64: 0xfb } as const;

const utf8 = new TextEncoder();
const float = new DataView(new ArrayBuffer(8));

/**
 * Writes the head of an item: its major type (0x00, 0x20 … 0xe0) and its argument, 0 … 2^32-1.
 *
 * @returns the position after it; there must be room for {@link maxHeadSize} bytes
 */
export function writeHead(out: Uint8Array, at: number, type: number, argument: number): number {
  if (argument < 24) {
    out[at] = type | argument;
    return at + 1;
  }
  if (argument < 0x100) {
    out[at] = type | 24;
    out[at + 1] = argument;
    return at + 2;
  }
  if (argument < 0x1_0000) {
    out[at] = type | 25;
    out[at + 1] = argument >>> 8;
    out[at + 2] = argument;
    return at + 3;
  }
  out[at] = type | 26;
  writeWord(out, at + 1, argument);
  return at + 5;
}

/** Like {@link writeHead} with a 64-bit argument in halves, each 0 … 2^32-1. */
export function writeHead64(out: Uint8Array, at: number, type: number, low: number, high: number): number {
  if (high === 0) return writeHead(out, at, type, low);
  out[at] = type | 27;
  writeWord(out, at + 1, high);
  writeWord(out, at + 5, low);
  return at + 9;
}

/** Writes a signed integer, -2^31 … 2^31-1. */
export function writeSigned(out: Uint8Array, at: number, value: number): number {
  return value < 0 ? writeHead(out, at, major.negative, ~value) : writeHead(out, at, major.unsigned, value);
}

/** Writes a signed 64-bit integer, given as unsigned halves of its two's complement. */
export function writeSigned64(out: Uint8Array, at: number, low: number, high: number): number {
  if (high < 0x8000_0000) return writeHead64(out, at, major.unsigned, low, high);
  return writeHead64(out, at, major.negative, ~low >>> 0, ~high >>> 0);
}

function writeWord(out: Uint8Array, at: number, word: number): void {
  out[at] = word >>> 24;
  out[at + 1] = word >>> 16;
  out[at + 2] = word >>> 8;
  out[at + 3] = word;
}

/**
 * Writes any value of the event model: objects (properties that are undefined left out), arrays, text, U64, other
 * numbers as binary64, booleans, null, `Uint8Array`. What has no meaning in CBOR becomes null.
 *
 * @returns the position after the value; when it is beyond the end of `out`, the value did not fit and what was
 * written is useless
 * @throws RangeError for a bigint of more than 64 bits
 */
export function writeValue(out: Uint8Array, at: number, value: unknown): number {
  switch (typeof value) {
    case "string":
      return writeText(out, at, value);
    case "number":
      return writeNumber(out, at, value);
    case "bigint":
      return writeBigInt(out, at, value);
    case "boolean":
      out[at] = value ? simple.true : simple.false;
      return at + 1;
    case "object":
      if (value instanceof Uint8Array) return writeRun(out, writeHead(out, at, major.bytes, value.length), value);
      if (Array.isArray(value)) return writeArray(out, at, value);
      if (value !== null) return writeMap(out, at, value);
  }
  out[at] = simple.null;
  return at + 1;
}

/** Longer text is copied by the runtime, if it is ASCII; before code is compiled that is much faster. */
const longText = 64;

/** Writes text as UTF-8; lone surrogates become U+FFFD. */
export function writeText(out: Uint8Array, at: number, text: string): number {
  const start = writeHead(out, at, major.text, text.length);
  if (text.length > longText && utf8.encodeInto(text, out.subarray(start)).written === text.length) return start + text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) {
      const bytes = utf8.encode(text);
      return writeRun(out, writeHead(out, at, major.text, bytes.length), bytes);
    }
    out[start + i] = code;
  }
  return start + text.length;
}

/** Copies bytes as they are; nothing when they do not fit. */
function writeRun(out: Uint8Array, at: number, bytes: Uint8Array): number {
  const end = at + bytes.length;
  if (end <= out.length) out.set(bytes, at);
  return end;
}

function writeNumber(out: Uint8Array, at: number, value: number): number {
  if (!Number.isSafeInteger(value)) return writeFloat(out, at, value);
  const type = value < 0 ? major.negative : major.unsigned;
  const argument = value < 0 ? -1 - value : value;
  return writeHead64(out, at, type, argument >>> 0, Math.floor(argument / 0x1_0000_0000));
}

function writeBigInt(out: Uint8Array, at: number, value: bigint): number {
  const type = value < 0n ? major.negative : major.unsigned;
  const argument = value < 0n ? -1n - value : value;
  if (argument > 0xffff_ffff_ffff_ffffn) throw new RangeError(`Cannot encode ${value}: it exceeds 64 bits`);
  return writeHead64(out, at, type, Number(argument & 0xffff_ffffn), Number(argument >> 32n));
}

function writeFloat(out: Uint8Array, at: number, value: number): number {
  float.setFloat64(0, value);
  out[at] = simple.float64;
  for (let i = 0; i < 8; i++) out[at + 1 + i] = float.getUint8(i);
  return at + 9;
}

function writeArray(out: Uint8Array, at: number, values: readonly unknown[]): number {
  let end = writeHead(out, at, major.array, values.length);
  for (const value of values) end = writeValue(out, end, value);
  return end;
}

function writeMap(out: Uint8Array, at: number, object: object): number {
  const members = object as Readonly<Record<string, unknown>>;
  const keys = Object.keys(members);
  let count = keys.length;
  for (const key of keys) if (members[key] === undefined) count--;
  let end = writeHead(out, at, major.map, count);
  for (const key of keys) {
    const value = members[key];
    if (value !== undefined) end = writeValue(out, writeText(out, end, key), value);
  }
  return end;
}
