import { ItemError } from "./item-error.ts";

const breakByte = 0xff;
const indefinite = 31;
/** Most entries of the stack. Items of the same kind within each other share one, so that only made-up files have so many. */
const maxEntries = 1 << 20;

/** What is left of arrays and maps of indefinite length; of a definite length, the number of items is. */
const endless = { array: -1, mapKey: -2, mapValue: -3, bytes: -4, text: -5 } as const;

/**
 * Passes over one well-formed item (RFC 8949 appendix C), whatever its length, nesting and kind: tags, indefinite lengths and keys
 * of any type too, which event files do not have. It takes the bytes piece by piece and holds none of them.
 */
export class ItemSkipper {
  /** What is left of the arrays, maps and tags that the position is in, innermost last, and how many of them are alike. */
  readonly #left: number[] = [1];
  readonly #alike: number[] = [1];
  /** Bytes of the string at hand that are left. */
  #content = 0;

  /** Whether the item ended. */
  get done(): boolean {
    return this.#left.length === 0 && this.#content === 0;
  }

  /**
   * Goes on with the bytes from `at` to `end`, which follow those before.
   *
   * @returns where it is: after the item, at `end`, or at a head that is not whole yet
   * @throws ItemError `malformed`
   */
  skip(bytes: Uint8Array, at: number, end: number): number {
    while (at < end && !this.done) {
      if (this.#content > 0) {
        const count = Math.min(this.#content, end - at);
        this.#content -= count;
        at += count;
        continue;
      }
      const next = at + headSize(bytes[at]!);
      if (next > end) break;
      this.#head(bytes, at, next);
      at = next;
    }
    return at;
  }

  #head(bytes: Uint8Array, at: number, next: number): void {
    const initial = bytes[at]!;
    if (initial === breakByte) return this.#end();
    const major = initial >> 5;
    this.#begin(major, initial & 31);
    if ((initial & 31) === indefinite) return this.#beginEndless(major);
    if (major < 2 || major === 7) return;
    let argument = initial & 31;
    if (argument > 23) argument = bytes.subarray(at + 1, next).reduce((value, byte) => value * 256 + byte, 0);
    if (major < 4) this.#content = argument;
    else this.#push(major === 4 ? argument : major === 5 ? argument * 2 : 1);
  }

  /** Counts an item of what it is in. */
  #begin(major: number, information: number): void {
    const left = this.#pop();
    if ((left === endless.bytes && major !== 2) || (left === endless.text && major !== 3)) throw notWellFormed();
    if (left <= endless.bytes && information === indefinite) throw notWellFormed();
    if (left > 0) this.#push(left - 1);
    else if (left === endless.mapKey) this.#push(endless.mapValue);
    else if (left === endless.mapValue) this.#push(endless.mapKey);
    else this.#push(left);
  }

  #beginEndless(major: number): void {
    const kind = [undefined, undefined, endless.bytes, endless.text, endless.array, endless.mapKey][major];
    if (kind === undefined) throw notWellFormed();
    this.#push(kind);
  }

  #end(): void {
    const left = this.#pop();
    if (left > 0 || left === endless.mapValue) throw notWellFormed();
  }

  #push(left: number): void {
    if (left === 0) return;
    const last = this.#left.length - 1;
    if (last >= 0 && this.#left[last] === left) {
      this.#alike[last]!++;
      return;
    }
    if (last >= maxEntries) throw new ItemError("malformed", "it is nested too deeply to be passed over");
    this.#left.push(left);
    this.#alike.push(1);
  }

  #pop(): number {
    const last = this.#left.length - 1;
    const left = this.#left[last]!;
    if (this.#alike[last]! > 1) {
      this.#alike[last]!--;
      return left;
    }
    this.#left.pop();
    this.#alike.pop();
    return left;
  }
}

/** Bytes of a head: the initial byte and its argument. @throws ItemError `malformed` */
function headSize(initial: number): number {
  const information = initial & 31;
  if (information < 24 || information === indefinite) return 1;
  if (information > 27) throw notWellFormed();
  return 1 + (1 << (information - 24));
}

function notWellFormed(): ItemError {
  return new ItemError("malformed", "it is not well-formed CBOR");
}
