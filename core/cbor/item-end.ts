/**
 * Where CBOR items end, without decoding them. What is accepted is what {@link CborDecoder} decodes (RFC 8949): definite
 * lengths, text as keys, no tags, bounded nesting.
 */
import { endOfBytes, ItemError, noArgument } from "./item-error.ts";

/** Most arrays and maps within each other; deeper ones count as damaged. Events nest about six levels. */
export const maxDepth = 64;

/**
 * Most values within one item, where an array, a map and a byte string count as {@link containerWeight} more. A value can be a
 * single byte, and takes up to 300 bytes when decoded: without this, an item could take a hundred times its length. The longest
 * series that `sort` writes has some 3 million.
 */
export const maxValues = 4_000_000;

/** How many numbers an empty array, map or byte string takes as much memory as. */
export const containerWeight = 8;

/** Whether an item of so many bytes, in either form, can have more than {@link maxValues}. */
export function mayHaveManyValues(length: number): boolean {
  return length > maxValues / (1 + containerWeight);
}

/** @throws ItemError when an item that is whole has more than {@link maxValues} */
export function checkValues(bytes: Uint8Array, start: number, end: number): void {
  let values = 0;
  for (let at = start; at < end && values <= maxValues; ) {
    const major = bytes[at]! >> 5;
    const size = argumentSize(bytes[at]! & 31, at, end);
    const argument = size === 0 ? bytes[at]! & 31 : argumentAfter(bytes, at, size);
    values += major === 2 || major === 4 || major === 5 ? 1 + containerWeight : 1;
    at += 1 + size + (major === 2 || major === 3 ? argument : 0);
  }
  if (values > maxValues) throw tooManyValues();
}

export function tooManyValues(): ItemError {
  return new ItemError("malformed", `it has more than ${maxValues / 1e6} million values`);
}

/** Heads of texts whose length is in the head: these and those up to the next. */
const shortText = 0x60;
const longText = 0x78;

/**
 * The position after the item at `at`.
 *
 * @param end where the bytes at hand end
 * @param depth arrays and maps that the item is in
 * @throws ItemError
 */
export function itemEnd(bytes: Uint8Array, at: number, end: number, depth = 0): number {
  if (at >= end) throw endOfBytes;
  const initial = bytes[at]!;
  const major = initial >> 5;
  const information = initial & 31;
  if (major < 2) return information < 24 ? at + 1 : at + 1 + argumentSize(information, at, end);
  if (major > 5) return simpleEnd(initial, at, end);
  const size = information < 24 ? 0 : argumentSize(information, at, end);
  const argument = size === 0 ? information : argumentAfter(bytes, at, size);
  const next = at + 1 + size;
  if ((major === 5 ? argument * 2 : argument) > end - next) throw endOfBytes;
  if (major < 4) return next + argument;
  if (depth >= maxDepth) throw new ItemError("malformed", `it is nested deeper than ${maxDepth} levels`);
  return major === 4 ? itemsEnd(bytes, next, end, argument, depth + 1) : entriesEnd(bytes, next, end, argument, depth + 1);
}

/** End of the last complete item in a run of items, e.g. of what a full disk took of a write. */
export function lastItemEnd(bytes: Uint8Array, start: number, end: number): number {
  let last = start;
  try {
    while (last < end) last = itemEnd(bytes, last, end);
  } catch (error) {
    if (!(error instanceof ItemError)) throw error;
  }
  return last;
}

/** Number of bytes of the argument of the head at `at`, which are at hand. @throws ItemError */
export function argumentSize(information: number, at: number, end: number): number {
  if (information < 24) return 0;
  if (information > 27) throw noArgument(information);
  const size = 1 << (information - 24);
  if (at + 1 + size > end) throw endOfBytes;
  return size;
}

/** Argument of `size` bytes after the initial byte, as a double: exact where it matters, as a count that large never fits. */
export function argumentAfter(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = 1; i <= size; i++) value = value * 256 + bytes[at + i]!;
  return value;
}

function itemsEnd(bytes: Uint8Array, start: number, end: number, count: number, depth: number): number {
  let at = start;
  for (let i = 0; i < count; i++) at = itemEnd(bytes, at, end, depth);
  return at;
}

/** Short texts and small integers, which most keys and values are, take no further call. */
function entriesEnd(bytes: Uint8Array, start: number, end: number, count: number, depth: number): number {
  let at = start;
  for (let i = 0; i < count; i++) {
    const key = bytes[at]!;
    if (key >= shortText && key < longText && at < end) at += 1 + key - shortText;
    else at = keyEnd(bytes, at, end);
    const value = bytes[at]!;
    if (at >= end) throw endOfBytes;
    if (value < 24) at++;
    else if (value >= shortText && value < longText) at += 1 + value - shortText;
    else at = itemEnd(bytes, at, end, depth);
  }
  if (at > end) throw endOfBytes;
  return at;
}

function keyEnd(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) throw endOfBytes;
  if (bytes[at]! >> 5 !== 3) throw new ItemError("malformed", "a key is not text");
  return itemEnd(bytes, at, end);
}

function simpleEnd(initial: number, at: number, end: number): number {
  const information = initial & 31;
  if (initial >> 5 === 6) throw new ItemError("malformed", "it has a tag");
  if (information >= 20 && information <= 23) return at + 1;
  if (information >= 25 && information <= 27) return at + 1 + argumentSize(information, at, end);
  throw new ItemError("malformed", "it has a reserved simple value");
}
