import { Base64Reader } from "./base64-reader.ts";
import { EventMatcher } from "./event-matcher.ts";
import type { Step } from "./event-patterns.ts";
import type { HoleKind } from "./hole.ts";
import type { LiteralTree } from "./literal-tree.ts";
import type { SectionPattern } from "./section-pattern.ts";

const quote = 0x22;
const comma = 0x2c;
const zero = 0x30;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Digits that a double can hold whatever they are. */
const safeDigits = 15;
/** Largest integers have 20 digits (2^64); what is above is decoded in the ordinary way. */
const maxDigits = 20;
const twoTo32 = 0x1_0000_0000;

/** Recognises events of the JSON form, one in each line, without blanks. */
export class JsonMatcher extends EventMatcher {
  readonly #base64 = new Base64Reader();
  #words = new DataView(this.bytes.buffer);
  /** Number of integers that were found. */
  #numbers = 0;
  /** Where the section ends that was found last. */
  #position = 0;

  setBytes(bytes: Uint8Array, end: number): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.#words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    this.end = end;
  }

  match(start: number): boolean {
    const { bytes, end, event } = this;
    if (bytes[start] !== openBrace) return false;
    let pattern = this.patterns.root;
    let at = start;
    this.#numbers = 0;
    do {
      const section = this.#section(at + 1);
      const next = section && pattern.next(section);
      if (next === undefined) return false;
      pattern = next;
      at = this.#position;
    } while (at < end && bytes[at] === comma);
    if (at !== end - 1 || bytes[at] !== closeBrace || !pattern.isEvent) return false;
    event.pattern = pattern;
    event.bytes = bytes;
    event.start = start;
    event.end = end;
    this.patterns.matches++;
    return true;
  }

  /** The section, with its key, at `at`. */
  #section(at: number): SectionPattern | undefined {
    const { bytes, end } = this;
    let tree: LiteralTree<Step> = this.patterns.sections;
    for (;;) {
      const literal = tree.find(bytes, this.#words, at, end);
      if (literal === undefined) return undefined;
      at += literal.length;
      const step = literal.meaning;
      if (step.section !== undefined) {
        this.#position = at;
        return step.section;
      }
      at = this.#readHole(step.hole.kind, at);
      if (at < 0) return undefined;
      tree = step.next;
    }
  }

  #setNumber(high: number, low: number): void {
    const { numbers } = this.event;
    numbers[this.#numbers * 2] = high;
    numbers[this.#numbers * 2 + 1] = low;
    this.#numbers++;
  }

  /** The position after the value at `at`, which goes into `event`; -1 when it is not one of the kind. */
  #readHole(kind: HoleKind, at: number): number {
    return kind === "bytes" ? this.#textEnd(at) : this.#integerEnd(kind, at);
  }

  /** What follows the digits decides whether they are a number of another kind, and must fit what is known. */
  #integerEnd(kind: HoleKind, start: number): number {
    const { bytes } = this;
    const middle = start + safeDigits;
    let at = start;
    let value = 0;
    let digit = bytes[at]! - zero;
    while (digit >= 0 && digit <= 9 && at < middle) {
      value = value * 10 + digit;
      digit = bytes[++at]! - zero;
    }
    if (at === start || (bytes[start] === zero && at > start + 1)) return -1;
    if (digit >= 0 && digit <= 9) return kind === "u64" ? this.#longIntegerEnd(start) : -1;
    const high = Math.floor(value / twoTo32);
    this.#setNumber(high, value - high * twoTo32);
    return kind === "u32" && high !== 0 ? -1 : at;
  }

  #longIntegerEnd(start: number): number {
    const { bytes } = this;
    let at = start;
    let high = 0;
    let low = 0;
    for (let digit = bytes[at]! - zero; digit >= 0 && digit <= 9; digit = bytes[++at]! - zero) {
      low = low * 10 + digit;
      const carry = Math.floor(low / twoTo32);
      low -= carry * twoTo32;
      high = high * 10 + carry;
    }
    if (at - start > maxDigits || high >= twoTo32) return -1;
    this.#setNumber(high, low);
    return at;
  }

  #textEnd(at: number): number {
    const { bytes, event } = this;
    if (bytes[at] !== quote) return -1;
    const end = this.#base64.read(bytes, at + 1, this.end);
    if (end < 0 || bytes[end] !== quote) return -1;
    event.source = this.#base64.bytes;
    event.dataStart = 0;
    event.dataEnd = this.#base64.length;
    return end + 1;
  }
}
