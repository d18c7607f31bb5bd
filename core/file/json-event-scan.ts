import { isUtf8 } from "node:buffer";
import { maxDepth, mayHaveManyValues } from "../cbor/item-end.ts";
import { EventScan, type Halves, scannedSections, wantedBit } from "./event-scan.ts";
import { type LineDecoder, notUtf8 } from "./json-line-reader.ts";
import { checkJsonSize } from "./json-size.ts";
import { isBase64 } from "./base64-text.ts";
import { kinds, Members, type Shape } from "./section-shape.ts";

const quote = 0x22;
const comma = 0x2c;
const minus = 0x2d;
const dot = 0x2e;
const zero = 0x30;
const nine = 0x39;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Table of the bytes that occur in a text. */
function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}

const isBlank = tableOf(" \t\r\n");
const isEscape = tableOf('"\\/bfnrtu');
const isHexDigit = tableOf("0123456789abcdefABCDEF");
const isExponent = tableOf("eE");
const isSign = tableOf("+-");
const isDigit = tableOf("0123456789");

/** Bytes of a text that need no second look: ASCII other than quotes, backslashes and control characters. */
const isPlain = new Uint8Array(256).fill(1, 0x20, 0x80);
isPlain[quote] = isPlain[backslash] = 0;

const bytesOf = (text: string) => new TextEncoder().encode(text);
const words = ["true", "false", "null"].map(bytesOf);
const lowerN = 0x6e;
const commonKey = bytesOf("common");
const timestampKey = bytesOf("timestamp");
const headKey = bytesOf("orig_head");
const skbKey = bytesOf("skb");
const trackedBit = scannedSections["skb-tracking"];

/** Longest integer that is looked at: 2^64 has 20 digits. */
const maxDigits = 20;
/** The largest integer of 64 bits. */
const largestDigits = bytesOf("18446744073709551615");

/** A series puts each event into a list, one level deeper. */
const deepest = maxDepth - 1;

/** Whose members an object's are. */
type Path = "event" | "common" | "tracking" | "other";

/**
 * Scans events of the JSON form. What it accepts is valid JSON (RFC 8259) in UTF-8, or else marked as odd, so that the
 * bytes of an event may be copied into another line as they are.
 *
 * The methods take the position of what they read and return the position after it. At the limit they find a newline or
 * nothing at all, which fits nowhere.
 */
export class JsonEventScan extends EventScan implements LineDecoder {
  warning: string | undefined;
  #limit = 0;
  /** Number among the known sections of the one that mostly follows. */
  #expected = 0;
  #onlyAscii = true;
  /** Members of `skb-tracking` that were found, as bits. */
  #trackingFound = 0;
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
    this.#sectionKeys = [...Object.keys(scannedSections), ...wanted].map(bytesOf);
    this.#sectionBits = [...Object.values(scannedSections), ...wanted.map(() => wantedBit)];
  }

  /** Scans the line `bytes[start]` … `bytes[end - 1]`, blanks around the value left out. @throws SyntaxError */
  decode(bytes: Uint8Array, start: number, end: number): this {
    this.#limit = end;
    this.#expected = 0;
    this.#onlyAscii = true;
    this.bytes = bytes;
    this.reset(bytes, this.#blanks(start));
    this.isEvent = bytes[this.start] === openBrace && this.start < end;
    this.end = this.#value(this.start, "event", 0);
    if (this.end > end) throw new SyntaxError("it is cut short");
    if (this.isEvent && mayHaveManyValues(end - start)) checkJsonSize(bytes.subarray(start, end));
    if (this.#blanks(this.end) < end) throw new SyntaxError("it goes on after its end");
    this.warning = !this.#onlyAscii && !isUtf8(bytes.subarray(this.start, this.end)) ? notUtf8 : undefined;
    if (this.warning !== undefined) this.odd = true;
    return this;
  }

  #blanks(at: number): number {
    const { bytes } = this;
    while (at < this.#limit && isBlank[bytes[at]!] === 1) at++;
    return at;
  }

  #value(at: number, path: Path, depth: number): number {
    const first = this.bytes[at]!;
    if (first === quote) return this.#text(at);
    if (first <= nine && first >= minus) return this.#number(at, undefined);
    if (first === openBrace) return this.#object(at, path, depth);
    if (first === openBracket) return this.#list(at, depth);
    return this.#word(at);
  }

  #object(start: number, path: Path, depth: number): number {
    const { bytes } = this;
    let at = this.#enter(start, depth);
    if (bytes[at] === closeBrace) return at + 1;
    for (;;) {
      const key = at + 1;
      at = this.#text(at);
      const keyEnd = at - 1;
      at = this.#colon(at);
      at = path === "other" ? this.#value(at, path, depth + 1) : this.#member(at, path, key, keyEnd, depth + 1);
      if (isBlank[bytes[at]!] === 1) at = this.#blanks(at);
      const byte = bytes[at++];
      if (byte === closeBrace) return at;
      if (byte !== comma || at > this.#limit) throw new SyntaxError("it is cut short");
      if (isBlank[bytes[at]!] === 1) at = this.#blanks(at);
    }
  }

  #colon(at: number): number {
    const { bytes } = this;
    if (bytes[at] !== colon) at = this.#blanks(at);
    if (bytes[at] !== colon) throw new SyntaxError("a key has no value");
    at++;
    return isBlank[bytes[at]!] === 1 ? this.#blanks(at) : at;
  }

  /** Like {@link #object}, for one whose members should have shapes. */
  #shapedObject(start: number, members: Members, depth: number): number {
    const { bytes } = this;
    let expected = 0;
    let required = members.required;
    let at = this.#enter(start, depth);
    let byte = bytes[at];
    if (byte === closeBrace) at++;
    while (byte !== closeBrace) {
      let number = expected;
      const length = members.keyLength("json", bytes, at, expected);
      if (length > 0 && at + length < this.#limit) at += length;
      else {
        const key = at + 1;
        at = this.#text(at);
        number = this.#find(members, key, at - 1, expected);
        at = this.#colon(at);
      }
      if (isBlank[bytes[at]!] === 1) at = this.#blanks(at);
      if (number < 0) at = this.#value(at, "other", depth + 1);
      else {
        expected = number + 1;
        if (members.isRequired[number] && bytes[at] !== lowerN) required--;
        at = this.#shaped(at, members.shapes[number]!, depth + 1);
      }
      if (isBlank[bytes[at]!] === 1) at = this.#blanks(at);
      byte = bytes[at++];
      if (byte === closeBrace) break;
      if (byte !== comma || at > this.#limit) throw new SyntaxError("it is cut short");
      if (isBlank[bytes[at]!] === 1) at = this.#blanks(at);
    }
    if (required > 0) this.odd = true;
    return at;
  }

  /** @param items shape that the items should have */
  #list(start: number, depth: number, items?: Shape): number {
    const { bytes } = this;
    let at = this.#enter(start, depth);
    if (bytes[at] === closeBracket) return at + 1;
    for (;;) {
      if (items !== undefined && bytes[at] === lowerN) this.odd = true;
      at = this.#blanks(items === undefined ? this.#value(at, "other", depth + 1) : this.#shaped(at, items, depth + 1));
      const byte = bytes[at++];
      if (byte === closeBracket) return at;
      if (byte !== comma || at > this.#limit) throw new SyntaxError("it is cut short");
      at = this.#blanks(at);
    }
  }

  /** Like {@link #value}; a value of another shape makes the event odd. That is null means that there is none. */
  #shaped(at: number, shape: Shape, depth: number): number {
    const first = this.bytes[at]!;
    if (first === openBrace && shape.members !== undefined) return this.#shapedObject(at, shape.members, depth);
    if (first === openBracket && shape.items !== undefined) return this.#list(at, depth, shape.items);
    const end = this.#value(at, "other", depth);
    if (!this.#fits(at, end, shape)) this.odd = true;
    return end;
  }

  /** Whether a value without members is of the shape. */
  #fits(at: number, end: number, shape: Shape): boolean {
    const { bytes } = this;
    const first = bytes[at]!;
    if (first === quote) {
      return (shape.kinds & kinds.text) !== 0 || ((shape.kinds & kinds.bytes) !== 0 && isBase64(bytes, at + 1, end - 1));
    }
    if (first === lowerN) return true;
    if (first > nine) return (shape.kinds & kinds.boolean) !== 0 && first !== openBrace && first !== openBracket;
    return this.#isInteger(at, end, shape);
  }

  #isInteger(start: number, end: number, { kinds: allowed, largest }: Shape): boolean {
    const { bytes } = this;
    const isNegative = bytes[start] === minus;
    if ((allowed & (isNegative ? kinds.negative : kinds.unsigned)) === 0) return false;
    const first = isNegative ? start + 1 : start;
    if (end - first >= maxDigits && (end - first > maxDigits || isNegative || isAbove(bytes, first, largestDigits))) return false;
    let value = 0;
    for (let at = first; at < end; at++) {
      if (isDigit[bytes[at]!] !== 1) return false;
      value = value * 10 + (bytes[at]! - zero);
    }
    return value <= largest + (isNegative ? 1 : 0);
  }

  /** Number of a key; one with escapes may be any. */
  #find(members: Members, key: number, keyEnd: number, expected: number): number {
    const number = members.find(this.bytes, key, keyEnd, expected);
    if (number < 0) for (let i = key; i < keyEnd; i++) if (this.bytes[i] === backslash) this.odd = true;
    return number;
  }

  #enter(at: number, depth: number): number {
    if (depth >= deepest) throw new SyntaxError(`it is nested deeper than ${maxDepth} levels`);
    return this.#blanks(at + 1);
  }

  /** The value of a member of a path that is looked at. */
  #member(at: number, path: Path, key: number, keyEnd: number, depth: number): number {
    const { bytes } = this;
    for (let i = key; i < keyEnd; i++) if (bytes[i] === backslash) this.odd = true;
    if (path === "event") return this.#section(at, key, keyEnd, depth);
    if (isDigit[bytes[at]!] !== 1) return this.#value(at, "other", depth);
    if (path === "tracking") return this.#identity(at, key, keyEnd);
    return this.#number(at, this.#isKey(timestampKey, key, keyEnd) ? this.time : undefined);
  }

  #section(at: number, key: number, keyEnd: number, depth: number): number {
    const { bytes } = this;
    const known = this.#known.find(bytes, key, keyEnd, this.#expected);
    if (known >= 0) this.#expected = known + 1;
    if (bytes[at] !== openBrace && bytes[at] !== lowerN) this.odd = true;
    let end: number | undefined;
    if (this.#isKey(commonKey, key, keyEnd)) end = this.#value(at, "common", depth);
    else {
      const bit = this.#sectionBit(key, keyEnd);
      if (bit === trackedBit) end = this.#tracking(at, depth);
      else this.sections |= bit;
    }
    if (known >= 0) return this.#shaped(at, this.#known.shapes[known]!, depth);
    return end ?? this.#value(at, "other", depth);
  }

  #tracking(at: number, depth: number): number {
    this.#trackingFound = 0;
    const end = this.#value(at, "tracking", depth);
    if (this.#trackingFound === 7) this.sections |= trackedBit;
    return end;
  }

  #sectionBit(key: number, keyEnd: number): number {
    const keys = this.#sectionKeys;
    for (let i = 0; i < keys.length; i++) if (this.#isKey(keys[i]!, key, keyEnd)) return this.#sectionBits[i]!;
    return 0;
  }

  #identity(at: number, key: number, keyEnd: number): number {
    if (this.#isKey(headKey, key, keyEnd)) return this.#identityMember(at, this.idHead, 1);
    if (this.#isKey(timestampKey, key, keyEnd)) return this.#identityMember(at, this.idTime, 2);
    if (this.#isKey(skbKey, key, keyEnd)) return this.#identityMember(at, this.skb, 4);
    return this.#number(at, undefined);
  }

  #identityMember(at: number, target: Halves, bit: number): number {
    const end = this.#number(at, target);
    if (end - at <= maxDigits) this.#trackingFound |= bit;
    return end;
  }

  #isKey(known: Uint8Array, key: number, keyEnd: number): boolean {
    const { bytes } = this;
    const { length } = known;
    if (keyEnd - key !== length) return false;
    for (let i = 0; i < length; i++) if (known[i] !== bytes[key + i]) return false;
    return true;
  }

  #text(start: number): number {
    const { bytes } = this;
    const limit = this.#limit;
    if (bytes[start] !== quote) throw new SyntaxError("a text is missing");
    for (let at = start + 1; at < limit; at++) {
      while (isPlain[bytes[at]!] === 1) at++;
      const byte = bytes[at]!;
      if (byte === quote) return at + 1;
      if (byte === backslash) at += this.#escapeLength(at + 1);
      else if (byte >= 0x80) this.#onlyAscii = false;
      else throw new SyntaxError("a text has a control character, or is cut short");
    }
    throw new SyntaxError("a text is cut short");
  }

  /** Bytes of the escape after the backslash. */
  #escapeLength(at: number): number {
    const { bytes } = this;
    const kind = bytes[at]!;
    if (isEscape[kind] !== 1) throw new SyntaxError("an escape is unknown");
    if (kind !== 0x75) return 1;
    for (let i = 1; i <= 4; i++) if (isHexDigit[bytes[at + i]!] !== 1) throw new SyntaxError("an escape is unknown");
    return 5;
  }

  /** A number; an unsigned integer is stored as well. */
  #number(at: number, target: Halves | undefined): number {
    const { bytes } = this;
    if (bytes[at] === minus) at++;
    const start = at;
    at = this.#digits(at);
    if (bytes[start] === zero && at > start + 1) throw new SyntaxError("a number begins with 0");
    if (target !== undefined) setDecimal(target, bytes, start, at);
    const integerEnd = at;
    if (bytes[at] === dot) at = this.#digits(at + 1);
    if (isExponent[bytes[at]!] === 1) at = this.#digits(isSign[bytes[at + 1]!] === 1 ? at + 2 : at + 1);
    if (target !== undefined && at > integerEnd) this.odd = true;
    return at;
  }

  #digits(start: number): number {
    const { bytes } = this;
    let at = start;
    while (isDigit[bytes[at]!] === 1) at++;
    if (at === start) throw new SyntaxError("a number has no digits");
    return at;
  }

  #word(at: number): number {
    const word = words.find((known) => this.#isKey(known, at, at + known.length));
    if (word === undefined) throw new SyntaxError(at >= this.#limit ? "it is cut short" : "a value is missing");
    return at + word.length;
  }
}

/** Whether the digits are those of a larger number than as many others. */
function isAbove(bytes: Uint8Array, start: number, digits: Uint8Array): boolean {
  for (let i = 0; i < digits.length; i++) if (bytes[start + i] !== digits[i]) return bytes[start + i]! > digits[i]!;
  return false;
}

const billion = 1_000_000_000;

/** Sets the value of up to {@link maxDigits} decimal digits, exactly; what exceeds 64 bits is cut to them. */
export function setDecimal(target: Halves, bytes: Uint8Array, start: number, end: number): void {
  const middle = Math.max(start, end - 9);
  let upper = 0;
  for (let at = Math.max(start, end - maxDigits); at < middle; at++) upper = upper * 10 + (bytes[at]! - zero);
  let lower = 0;
  for (let at = middle; at < end; at++) lower = lower * 10 + (bytes[at]! - zero);
  // upper (below 2^37) times a billion exceeds 2^53: its 18 low bits go through the multiplication apart.
  const most = Math.floor(upper / 0x4_0000) * billion;
  const least = (upper % 0x4_0000) * billion + lower;
  const low = (most % 0x4000) * 0x4_0000 + least;
  target.set((Math.floor(most / 0x4000) + Math.floor(low / 0x1_0000_0000)) >>> 0, low >>> 0);
}
