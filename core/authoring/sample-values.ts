/** Made-up content of sections: bytes as hooks may send them, by the layout of the struct, and objects, by the schema. */
import type { TSchema } from "@sinclair/typebox";
import type { MemberType, StructLayout } from "../api/layout.ts";

/** Numbers that are the same in every run: mulberry32. */
export class SampleNumbers {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 up to and without `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let bits = this.#state;
    bits = Math.imul(bits ^ (bits >>> 15), bits | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

/** Bytes after the struct at most, for members without a size. */
const trailingBytes = 96;

/** A payload: each member 0, small, at an end of its range, or anything. */
export function samplePayload(layout: StructLayout, numbers: SampleNumbers): Uint8Array {
  const bytes = new Uint8Array(layout.size + (numbers.below(2) === 0 ? 0 : numbers.below(trailingBytes)));
  if (numbers.below(16) === 0) return bytes;
  for (const { offset, ...type } of layout.members) fill(type, bytes, offset, numbers);
  for (let at = layout.size; at < bytes.length; at++) bytes[at] = numbers.below(256);
  return bytes;
}

function fill(type: MemberType, bytes: Uint8Array, at: number, numbers: SampleNumbers): void {
  const { kind, size, element, length = 0, members = [] } = type;
  if (kind === "struct" || kind === "union") return members.forEach(({ offset, ...inner }) => fill(inner, bytes, at + offset, numbers));
  if (kind === "char-array") return fillText(bytes.subarray(at, at + size), numbers);
  if (kind === "array" && element) {
    for (let index = 0; index < length; index++) fill(element, bytes, at + index * element.size, numbers);
    return;
  }
  const value = sampleInteger(type, numbers);
  for (let byte = 0; byte < size && at + byte < bytes.length; byte++) bytes[at + byte]! |= Number((value >> BigInt(8 * byte)) & 0xffn);
}

function sampleInteger({ size, values }: MemberType, numbers: SampleNumbers): bigint {
  const bits = BigInt(8 * size);
  if (values !== undefined && numbers.below(4) > 0) return BigInt.asUintN(8 * size, BigInt(numbers.pick(Object.values(values)) ?? 0));
  const kinds = [0n, 1n, BigInt(numbers.below(16)), 1n << BigInt(numbers.below(8 * size)), (1n << bits) - 1n, 1n << (bits - 1n)];
  const any = Array.from({ length: size }, () => BigInt(numbers.below(256))).reduce((all, byte) => (all << 8n) | byte, 0n);
  return numbers.pick([...kinds, any, any]);
}

/** Names as the kernel has them, and what nothing keeps from being in one. */
const texts = ["", "eth0", "a b", "x".repeat(64), "\u001b[31mred", "\u00e4\u20ac", "%s", "../x"];

function fillText(bytes: Uint8Array, numbers: SampleNumbers): void {
  if (numbers.below(6) === 0) return void bytes.forEach((_, at) => (bytes[at] = numbers.below(256)));
  bytes.set(Buffer.from(numbers.pick(texts)).subarray(0, bytes.length));
}

/** A value as the schema allows it; properties that may be absent are, half of the time. */
export function sampleOf(schema: TSchema, numbers: SampleNumbers): unknown {
  const { type, anyOf, contentEncoding, properties, required, items } = schema as {
    readonly type?: string;
    readonly anyOf?: readonly TSchema[];
    readonly contentEncoding?: string;
    readonly properties?: Readonly<Record<string, TSchema>>;
    readonly required?: readonly string[];
    readonly items?: TSchema;
  };
  if (schema.const !== undefined) return schema.const;
  if (Array.isArray(schema.enum)) return numbers.pick(schema.enum);
  if (anyOf !== undefined) return sampleOf(numbers.pick(anyOf), numbers);
  if (contentEncoding !== undefined) return Uint8Array.from({ length: numbers.below(24) }, () => numbers.below(256));
  switch (type) {
    case "object": {
      const present = Object.entries(properties ?? {}).filter(([key]) => required?.includes(key) || numbers.below(2) === 0);
      return Object.fromEntries(present.map(([key, inner]) => [key, sampleOf(inner, numbers)]));
    }
    case "array":
      return Array.from({ length: numbers.below(4) }, () => (items ? sampleOf(items, numbers) : "item"));
    case "integer":
    case "number":
      return sampleNumber(schema, numbers);
    case "boolean":
      return numbers.below(2) === 0;
    default:
      return numbers.pick(texts);
  }
}

const formats: Readonly<Record<string, readonly [lowest: bigint, highest: bigint]>> = Object.fromEntries(
  [8, 16, 32, 64].flatMap((bits) => [
    [`uint${bits}`, [0n, (1n << BigInt(bits)) - 1n]],
    [`int${bits}`, [-(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n]],
  ]),
);

function sampleNumber({ format, minimum, maximum }: TSchema, numbers: SampleNumbers): number | bigint {
  const [low, high] = formats[String(format)] ?? [-(1n << 31n), (1n << 31n) - 1n];
  const lowest = minimum === undefined ? low : BigInt(Math.ceil(Number(minimum)));
  const highest = maximum === undefined ? high : BigInt(Math.floor(Number(maximum)));
  const between = lowest + (BigInt(numbers.below(2 ** 32)) * (highest - lowest)) / (1n << 32n);
  const value = numbers.pick([lowest, highest, between, lowest + 1n > highest ? lowest : lowest + 1n]);
  return value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER ? value : Number(value);
}
