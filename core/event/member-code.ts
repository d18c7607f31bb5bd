/**
 * JavaScript expressions that read members of a payload. In generated code `at` is the payload's offset in the
 * {@link WireBuffer}, a multiple of 8; `u8`, `i16` and so on are the buffer's views; `h` is `at >> 1` and `w` is `at >> 2`.
 */
import type { BoundCondition, BoundInteger } from "./bound-section.ts";

/** An integer as expressions: `low` alone up to 32 bits (with its sign), otherwise two unsigned halves. */
export interface IntegerCode {
  readonly low: string;
  readonly high?: string;
}

/** The views of a {@link WireBuffer} that expressions use. */
const viewNames = ["u8", "i8", "u16", "i16", "u32", "i32"] as const;

/** The integer as the schema means it, e.g. with its bytes swapped. */
export function integerCode(member: BoundInteger): IntegerCode {
  if (member.bits !== undefined) return bitfieldCode(member);
  if (member.size === 8) {
    const [low, high] = member.bigEndian ? [4, 0] : [0, 4];
    return { low: wordCode(member, low), high: wordCode(member, high) };
  }
  return { low: smallCode(member) };
}

/** An expression that is true when the condition holds. */
export function conditionCode(condition: BoundCondition): string {
  if (condition.kind === "size") return `size >= ${condition.atLeast}`;
  if (condition.kind === "bytes") return range(condition.length, (i) => byteCode(condition.offset + i)).join(" | ");
  const { low, high } = integerCode(condition.member);
  const { mask, equals } = condition;
  const part = (code: string, half: (value: number) => number) => {
    const masked = mask === undefined ? code : `(${code} & ${half(mask)})`;
    return equals === undefined ? masked : `(${masked} ^ ${half(equals)})`;
  };
  const parts = high === undefined ? part(low, lowHalf) : `(${part(low, lowHalf)} | ${part(high, highHalf)})`;
  return equals === undefined ? `${parts} !== 0` : `${parts} === 0`;
}

/** An expression for the text of an address of either version. */
export function ipTextCode(offset: number, version: BoundInteger): string {
  return `(${isIpv4Code(version)} ? ipv4Text(u8, at + ${offset}) : ipv6Text(u8, at + ${offset}))`;
}

/** An expression that is true when an address of either version is one of IPv4. */
export function isIpv4Code(version: BoundInteger): string {
  return conditionCode({ kind: "integer", member: version, equals: 4 });
}

/** The lower and upper 32 bits of an integer in two's complement, as signed numbers. */
const lowHalf = (value: number) => value | 0;
const highHalf = (value: number) => Math.floor(value / 0x1_0000_0000) | 0;

function smallCode({ offset, size, signed, bigEndian }: BoundInteger): string {
  const letter = signed ? "i" : "u";
  if (size === 1) return `${letter}8[at + ${offset}]`;
  const bytes = range(size, (i) => byteCode(offset + i));
  if (!bigEndian && offset % size === 0) return size === 2 ? `${letter}16[h + ${offset / 2}]` : `${letter}32[w + ${offset / 4}]`;
  const word = joinBytes(bigEndian ? bytes.reverse() : bytes);
  if (size === 2) return signed ? `(${word} << 16 >> 16)` : word;
  return signed ? word : `(${word} >>> 0)`;
}

/** Four bytes of a 64-bit member as an unsigned number. */
function wordCode(member: BoundInteger, from: number): string {
  return smallCode({ offset: member.offset + from, size: 4, signed: false, bigEndian: member.bigEndian });
}

/** A bitfield: the words that hold it, shifted down and cut to its size. Source: System V ABI, bitfields, little-endian. */
function bitfieldCode(member: BoundInteger): IntegerCode {
  const bits = member.bits!;
  const byteCount = Math.ceil((bits.offset + bits.size) / 8);
  const word = (index: number) => {
    const count = Math.min(byteCount - index * 4, 4);
    return count <= 0 ? "0" : joinBytes(range(count, (i) => byteCode(member.offset + index * 4 + i)));
  };
  const half = (index: number) =>
    bits.offset === 0 ? word(index) : `(${word(index)} >>> ${bits.offset} | ${word(index + 1)} << ${32 - bits.offset})`;
  if (bits.size <= 32) return { low: cut(half(0), bits.size, member.signed) };
  return { low: `(${half(0)} >>> 0)`, high: `(${cut(half(1), bits.size - 32, member.signed)} >>> 0)` };
}

/** Keeps the lowest bits of a word, with or without sign. */
function cut(word: string, bits: number, signed: boolean): string {
  return `(${word} << ${32 - bits} ${signed ? ">>" : ">>>"} ${32 - bits})`;
}

/** Bytes, the lowest first, as one 32-bit word. */
function joinBytes(bytes: readonly string[]): string {
  return `(${bytes.map((byte, i) => (i === 0 ? byte : `${byte} << ${8 * i}`)).join(" | ")})`;
}

function byteCode(offset: number): string {
  return `u8[at + ${offset}]`;
}

function range<T>(length: number, make: (index: number) => T): T[] {
  return Array.from({ length }, (_, index) => make(index));
}

/** Whether {@link integerCode} gives two halves. */
export function isWide(member: BoundInteger): boolean {
  return (member.bits?.size ?? member.size * 8) > 32;
}

/** Declarations of the names that the code of a function uses for reading. */
export function readingPrelude(code: string): string {
  const views = viewNames.filter((view) => new RegExp(`\\b${view}\\b`).test(code));
  return [...views.map((view) => `const ${view} = buffer.${view};`), "const h = at >> 1, w = at >> 2;"].join("\n");
}
