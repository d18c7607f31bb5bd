/** Text and bytes of a payload: what generated codecs call for members that are more than one integer. */
import { type CborTarget, writeHead, writeText } from "../cbor/writer.ts";
import type { WireBuffer } from "./wire-buffer.ts";

/** A byte order mark is text like any other here. */
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Longest text whose CBOR head is one byte. */
const maxShortText = 23;
/** Up to here, copying word by word beats the native copy, which costs as much as some sixty words to call. */
const maxCopiedByWords = 256;

/** Text of the `char[length]` at `at` up to its first NUL; bytes that are not UTF-8 become U+FFFD. */
export function cString(buffer: WireBuffer, at: number, length: number): string {
  const bytes = buffer.u8;
  let end = at;
  let all = 0;
  for (; end < at + length && bytes[end] !== 0; end++) all |= bytes[end]!;
  return all < 0x80 ? buffer.latin1(at, end) : utf8.decode(bytes.subarray(at, end));
}

/** Writes the text that {@link cString} gives as CBOR; needs room for `3 * length + 3` bytes. @returns the position after */
export function writeCString(target: CborTarget, position: number, buffer: WireBuffer, at: number, length: number): number {
  const out = target.bytes;
  if (length > maxShortText) return writeText(out, position, cString(buffer, at, length));
  const bytes = buffer.u8;
  let count = 0;
  for (; count < length; count++) {
    const byte = bytes[at + count]!;
    if (byte === 0) break;
    if (byte >= 0x80) return writeText(out, position, cString(buffer, at, length));
    out[position + 1 + count] = byte;
  }
  out[position] = 0x60 | count;
  return position + 1 + count;
}

/** Writes bytes of the payload as a CBOR byte string; needs room for three bytes more. @returns the position after */
export function writeBytes(target: CborTarget, position: number, buffer: WireBuffer, at: number, count: number): number {
  const start = writeHead(target.bytes, position, 0x40, count);
  if (count > maxCopiedByWords || (at & 3) !== 0) {
    target.bytes.set(buffer.u8.subarray(at, at + count), start);
  } else {
    const { view } = target;
    const words = buffer.i32;
    for (let i = 0, word = at >> 2; i < count; i += 4, word++) view.setInt32(start + i, words[word]!, true);
  }
  return start + count;
}

/** Decimal digits of each octet, three bytes, the first ones unused in shorter numbers. */
const octetDigits = Uint8Array.from({ length: 256 * 3 }, (_, i) => 0x30 + (Math.floor(Math.floor(i / 3) / 10 ** (2 - (i % 3))) % 10));
const dot = 0x2e;

/**
 * Writes the IPv4 address in the four bytes from `at` as CBOR text, `192.0.2.1`; needs room for 16 bytes. @returns the position after
 */
export function writeIpv4(out: Uint8Array, position: number, bytes: Uint8Array, at: number): number {
  let end = position + 1;
  for (let i = at; i < at + 4; i++) {
    const octet = bytes[i]!;
    const digits = octet * 3;
    if (octet > 99) out[end++] = octetDigits[digits]!;
    if (octet > 9) out[end++] = octetDigits[digits + 1]!;
    out[end] = octetDigits[digits + 2]!;
    out[end + 1] = dot;
    end += 2;
  }
  end--;
  out[position] = 0x60 + (end - position - 1);
  return end;
}

/** Stores ready-made bytes, given as big-endian words; up to three bytes after them are touched too. */
export function writeWords({ view }: CborTarget, position: number, words: Int32Array): void {
  for (let i = 0; i < words.length; i++) view.setInt32(position + 4 * i, words[i]!);
}
