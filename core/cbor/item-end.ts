/** Deepest nesting of an item that is followed; deeper ones count as damaged. Events nest about six levels. */
export const maxDepth = 64;

/** The item does not end within the bytes at hand. */
export const incomplete = -1;
/** The bytes are no item that a file of ours may hold. */
export const malformed = -2;

/**
 * Finds where the CBOR item that begins at `start` ends, without decoding it.
 *
 * @returns the position after the item, {@link incomplete} or {@link malformed} (tags, indefinite lengths, reserved heads
 * and over-deep nesting, none of which occurs after the tag of the first item)
 */
export function cborItemEnd(bytes: Uint8Array, start: number, end: number): number {
  // Items still missing, per open container. Counting instead of recursing keeps hostile input from using the stack.
  let at = start;
  let missing = 1;
  const outer: number[] = [];
  for (;;) {
    if (at >= end) return incomplete;
    const initial = bytes[at++] as number;
    const major = initial >> 5;
    const size = argumentSize(initial & 31);
    if (size < 0 || major === 6) return malformed;
    if (at + size > end) return incomplete;
    const argument = size === 0 ? initial & 31 : bigEndian(bytes, at, size);
    at += size;
    missing--;
    if (major === 2 || major === 3) at += argument;
    if (at > end) return incomplete;
    if (major === 4 || major === 5) {
      const children = major === 5 ? argument * 2 : argument;
      if (children > 0) {
        if (outer.length === maxDepth) return malformed;
        outer.push(missing);
        missing = children;
      }
    }
    while (missing === 0) {
      if (outer.length === 0) return at;
      missing = outer.pop() as number;
    }
  }
}

/** End of the last complete item in a run of items, e.g. of what a full disk took of a write. */
export function lastItemEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  for (;;) {
    const next = cborItemEnd(bytes, at, end);
    if (next < 0) return at;
    at = next;
  }
}

/** Bytes that follow the initial byte for its low five bits; -1 for reserved values and indefinite lengths. */
function argumentSize(information: number): number {
  if (information < 24) return 0;
  return information < 28 ? 1 << (information - 24) : -1;
}

function bigEndian(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + (bytes[at + i] as number);
  return value;
}
