import { EventMatcher } from "./event-matcher.ts";
import type { HoleKind } from "./hole.ts";

/** Heads of items (RFC 8949 section 3). */
const map = 0xa0;
const shortMap = 0xb7;
const shortBytes = 0x40;
const bytesOfLength8 = 0x58;
const bytesOfLength16 = 0x59;

/** Longest head of an integer. */
const maxHead = 9;

/** Recognises events of the CBOR form. */
export class CborMatcher extends EventMatcher {
  match(start: number): boolean {
    const initial = this.bytes[start]!;
    if (initial < map || initial > shortMap) return false;
    let pattern = this.patterns.root;
    let at = start + 1;
    this.numbers = 0;
    for (let left = initial - map; left > 0; left--) {
      const section = this.section(at);
      const next = section && pattern.next(section);
      if (next === undefined) return false;
      pattern = next;
      at = this.position;
    }
    if (!pattern.isEvent) return false;
    const { event } = this;
    event.pattern = pattern;
    event.bytes = this.bytes;
    event.start = start;
    event.end = at;
    this.patterns.matches++;
    return true;
  }

  protected readHole(kind: HoleKind, at: number): number {
    if (at + maxHead > this.end) return -1;
    return kind === "bytes" ? this.#bytesEnd(at) : this.#integerEnd(kind, at);
  }

  #integerEnd(kind: HoleKind, at: number): number {
    const { words } = this;
    const head = this.bytes[at]!;
    if (head < 24) {
      this.setNumber(0, head);
      return at + 1;
    }
    switch (head) {
      case 24:
        this.setNumber(0, this.bytes[at + 1]!);
        return at + 2;
      case 25:
        this.setNumber(0, words.getUint16(at + 1));
        return at + 3;
      case 26:
        this.setNumber(0, words.getUint32(at + 1));
        return at + 5;
      case 27: {
        const high = words.getUint32(at + 1);
        this.setNumber(high, words.getUint32(at + 5));
        return kind === "u32" && high !== 0 ? -1 : at + 9;
      }
      default:
        return -1;
    }
  }

  #bytesEnd(at: number): number {
    const head = this.bytes[at]!;
    const { event } = this;
    let start = at + 1;
    let length = head - shortBytes;
    if (head === bytesOfLength8) length = this.bytes[start++]!;
    else if (head === bytesOfLength16) {
      length = this.words.getUint16(start);
      start += 2;
    } else if (length < 0 || length > 23) return -1;
    if (start + length > this.end) return -1;
    event.source = this.bytes;
    event.dataStart = start;
    event.dataEnd = start + length;
    return event.dataEnd;
  }
}
