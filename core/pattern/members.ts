/** Where the members of a map are, in bytes that were decoded before and found to be right. */
import { itemEnd } from "../cbor/item-end.ts";

/** A key with its value: `bytes[start]` … `bytes[end - 1]`, of which the value begins at `value`. */
export interface Member {
  readonly key: string;
  readonly start: number;
  readonly value: number;
  readonly end: number;
}

/** The members of the map at `at`; undefined for what is no map, or none in its usual form (in JSON without blanks and escapes). */
export type FindMembers = (bytes: Uint8Array, at: number) => readonly Member[] | undefined;

export const cborMembers: FindMembers = (bytes, at) => {
  const initial = bytes[at]!;
  if (initial < 0xa0 || initial > 0xb7) return undefined;
  const members: Member[] = [];
  let start = at + 1;
  for (let left = initial - 0xa0; left > 0; left--) {
    const length = bytes[start]! - 0x60;
    if (length < 0 || length > 23) return undefined;
    const value = start + 1 + length;
    const end = itemEnd(bytes, value, bytes.length);
    members.push({ key: textOf(bytes, start + 1, value), start, value, end });
    start = end;
  }
  return members;
};

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;

export const jsonMembers: FindMembers = (bytes, at) => {
  if (bytes[at] !== openBrace) return undefined;
  const members: Member[] = [];
  if (bytes[at + 1] === closeBrace) return members;
  for (let start = at + 1; ; ) {
    if (bytes[start] !== quote) return undefined;
    const keyEnd = textEnd(bytes, start);
    const key = textOf(bytes, start + 1, keyEnd - 1);
    if (bytes[keyEnd] !== colon || key.includes("\\")) return undefined;
    const end = valueEnd(bytes, keyEnd + 1);
    members.push({ key, start, value: keyEnd + 1, end });
    if (bytes[end] === closeBrace) return members;
    if (bytes[end] !== comma) return undefined;
    start = end + 1;
  }
};

/** The position after the text at `at`. */
function textEnd(bytes: Uint8Array, at: number): number {
  let end = at + 1;
  while (bytes[end] !== quote && end < bytes.length) end += bytes[end] === backslash ? 2 : 1;
  return end + 1;
}

/** The position after the value at `at`: that of the comma or bracket which is not within it. */
function valueEnd(bytes: Uint8Array, at: number): number {
  let depth = 0;
  let end = at;
  while (end < bytes.length) {
    const byte = bytes[end]!;
    if (byte === quote) {
      end = textEnd(bytes, end);
      continue;
    }
    const closes = byte === closeBrace || byte === 0x5d;
    if (depth === 0 && (closes || byte === comma)) return end;
    if (byte === openBrace || byte === 0x5b) depth++;
    else if (closes) depth--;
    end++;
  }
  return end;
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("utf8");
}
