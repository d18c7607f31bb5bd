/** Literals of meta filters: numbers, addresses, text, names of constants. */
import { isIPv4, isIPv6 } from "node:net";
import type { Literal } from "./meta-expression.ts";

/** What a literal is made of: `undefined` when the text is none. */
type LiteralValue = Literal extends infer L ? (L extends Literal ? Omit<L, "start" | "end"> : never) : never;

const smallest = -(1n << 63n);
const largest = (1n << 64n) - 1n;

/** Longest text to compare with, in bytes. */
export const longestText = 255;

/**
 * A number as the grammar has it: `0x` hexadecimal, `0b` binary, or decimal with an optional `-`. Undefined when the text
 * is not a number; a RangeError when it exceeds 64 bits.
 */
export function parseNumber(text: string): bigint | undefined {
  if (!/^(0x[0-9a-f]+|0b[01]+|-?[0-9]+)$/i.test(text)) return undefined;
  const value = text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text);
  if (value < smallest || value > largest) throw new RangeError("it exceeds 64 bits");
  return value;
}

/** The meaning of an unquoted literal; undefined when it has none. Throws a RangeError like {@link parseNumber}. */
export function parseBareLiteral(text: string): LiteralValue | undefined {
  const value = parseNumber(text);
  if (value !== undefined) return { kind: "number", value };
  if (/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text)) return { kind: "address", family: "MAC", bytes: hexBytes(text.split(":")) };
  if (isIPv4(text)) return { kind: "address", family: "IPv4", bytes: ipv4Bytes(text) };
  if (isIPv6(text)) return { kind: "address", family: "IPv6", bytes: ipv6Bytes(text) };
  if (/^[a-z_]\w*$/i.test(text)) return { kind: "constant", name: text };
  return undefined;
}

function hexBytes(pairs: readonly string[]): Uint8Array {
  return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
}

function ipv4Bytes(text: string): Uint8Array {
  return Uint8Array.from(text.split("."), Number);
}

/** The 16 bytes of an address that is known to be valid. Source: RFC 4291 section 2.2. */
function ipv6Bytes(text: string): Uint8Array {
  const [before = "", after] = text.split("::");
  const head = groupBytes(before);
  const tail = groupBytes(after ?? "");
  const bytes = new Uint8Array(16);
  bytes.set(head);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

function groupBytes(text: string): readonly number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (group.includes(".")) return [...ipv4Bytes(group)];
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

const simpleEscapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", "\\": "\\", '"': '"', "'": "'" };

/**
 * Text between quotes: `\n \r \t \\ \" \'` and `\xHH` (one byte) mean what they do in C, everything else itself
 * in UTF-8. Throws a RangeError that says what is wrong, and `cause` holds the index of the culprit.
 */
export function parseText(quoted: string): Uint8Array {
  const pieces: Buffer[] = [];
  for (const { 0: piece, index } of quoted.matchAll(/[^\\]+|\\x[0-9a-fA-F]{2}|\\[\s\S]?/g)) pieces.push(pieceBytes(piece, index));
  const bytes = Buffer.concat(pieces);
  if (bytes.length > longestText) throw new RangeError(`it is longer than ${longestText} bytes`);
  if (bytes.includes(0)) throw new RangeError("text in the kernel ends at its first NUL byte, so it has none to compare with");
  return new Uint8Array(bytes);
}

function pieceBytes(piece: string, index: number): Buffer {
  if (!piece.startsWith("\\")) return Buffer.from(piece, "utf8");
  if (piece.length === 4) return Buffer.from(piece.slice(2), "hex");
  const escaped = simpleEscapes[piece.slice(1)];
  if (escaped === undefined) throw new RangeError(`unknown escape ${piece}; use one of \\n \\r \\t \\\\ \\" \\' \\xHH`, { cause: index });
  return Buffer.from(escaped);
}
