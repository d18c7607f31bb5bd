import { isUtf8 } from "node:buffer";
import { maxDepth } from "../cbor/item-end.ts";
import { EventScan, type Halves, scannedSections, wantedBit } from "./event-scan.ts";
import type { LineDecoder } from "./json-line-reader.ts";

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
const commonKey = bytesOf("common");
const timestampKey = bytesOf("timestamp");
const headKey = bytesOf("orig_head");
const skbKey = bytesOf("skb");
const trackedBit = scannedSections["skb-tracking"];

/** Longest integer that is looked at: 2^64 has 20 digits. */
const maxDigits = 20;

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
  #limit = 0;
  #onlyAscii = true;
  /** Members of `skb-tracking` that were found, as bits. */
  #trackingFound = 0;
  readonly #sectionKeys: readonly Uint8Array[];
  readonly #sectionBits: readonly number[];

  /** @param wanted keys of further sections to look for */
  constructor(wanted: readonly string[] = []) {
    super();
    this.#sectionKeys = [...Object.keys(scannedSections), ...wanted].map(bytesOf);
    this.#sectionBits = [...Object.values(scannedSections), ...wanted.map(() => wantedBit)];
  }

  /** Scans the line `bytes[start]` … `bytes[end - 1]`, blanks around the value left out. @throws SyntaxError */
  decode(bytes: Uint8Array, start: number, end: number): this {
    this.#limit = end;
    this.#onlyAscii = true;
    this.bytes = bytes;
    this.reset(bytes, this.#blanks(start));
    this.isEvent = bytes[this.start] === openBrace && this.start < end;
    this.end = this.#value(this.start, "event", 0);
    if (this.end > end) throw new SyntaxError("it is cut short");
    if (this.#blanks(this.end) < end) throw new SyntaxError("it goes on after its end");
    if (!this.#onlyAscii && !isUtf8(bytes.subarray(this.start, this.end))) this.odd = true;
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
      if (bytes[at] !== colon) at = this.#blanks(at);
      if (bytes[at] !== colon) throw new SyntaxError("a key has no value");
      at++;
      if (isBlank[bytes[at]!] === 1) at = this.#blanks(at);
      at = path === "other" ? this.#value(at, path, depth + 1) : this.#member(at, path, key, keyEnd, depth + 1);
      if (isBlank[bytes[at]!] === 1) at = this.#blanks(at);
      const byte = bytes[at++];
      if (byte === closeBrace) return at;
      if (byte !== comma || at > this.#limit) throw new SyntaxError("it is cut short");
      if (isBlank[bytes[at]!] === 1) at = this.#blanks(at);
    }
  }

  #list(start: number, depth: number): number {
    const { bytes } = this;
    let at = this.#enter(start, depth);
    if (bytes[at] === closeBracket) return at + 1;
    for (;;) {
      at = this.#blanks(this.#value(at, "other", depth + 1));
      const byte = bytes[at++];
      if (byte === closeBracket) return at;
      if (byte !== comma || at > this.#limit) throw new SyntaxError("it is cut short");
      at = this.#blanks(at);
    }
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
    if (this.#isKey(commonKey, key, keyEnd)) return this.#value(at, "common", depth);
    const bit = this.#sectionBit(key, keyEnd);
    if (bit !== trackedBit) {
      this.sections |= bit;
      return this.#value(at, "other", depth);
    }
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
