/** Values of C types as JavaScript has them, both ways: keys and values of maps, typed by BTF. */
import type { MemberType, StructMember } from "../api/layout.ts";
import type { MapValue } from "../api/run.ts";
import { u64FromBigInt } from "../api/event.ts";

type Members = Readonly<Record<string, MapValue>>;

/** The value of a type at `at`; numbers of 8 bytes are bigints only when not exact otherwise. */
export function readTyped(type: MemberType, view: DataView, at: number): MapValue {
  switch (type.kind) {
    case "struct":
    case "union":
      return Object.fromEntries((type.members ?? []).map((member) => [member.name, readMember(member, view, at)]));
    case "char-array":
      return readText(bytesOf(view, at, type.size));
    case "array":
      return isByte(type.element) ? bytesOf(view, at, type.size).slice() : readElements(type, view, at);
    case "bool":
      return bytesOf(view, at, type.size).some((byte) => byte !== 0);
    case "float":
      return type.size === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true);
    default:
      return type.size > 8 ? bytesOf(view, at, type.size).slice() : u64FromBigInt(readBits(type, view, at, 8 * type.size, 0));
  }
}

/**
 * Writes a value of a type at `at`, where all bytes are 0.
 * @param path of the value in messages, e.g. `key.port`
 * @throws TypeError or RangeError for a value that does not fit the type
 */
export function writeTyped(type: MemberType, view: DataView, at: number, value: MapValue, path: string): void {
  switch (type.kind) {
    case "struct":
    case "union":
      return writeMembers(type, view, at, value, path);
    case "char-array":
      return writeText(type, view, at, value, path);
    case "array":
      return isByte(type.element) ? writeBytes(type, view, at, value, path) : writeElements(type, view, at, value, path);
    case "bool":
      if (typeof value !== "boolean") throw wrong(path, "a boolean");
      return view.setUint8(at, value ? 1 : 0);
    case "float":
      if (typeof value !== "number") throw wrong(path, "a number");
      return type.size === 4 ? view.setFloat32(at, value, true) : view.setFloat64(at, value, true);
    default:
      if (type.size > 8) return writeBytes(type, view, at, value, path);
      return writeBits(view, at, integer(value, 8 * type.size, type.signed, path), 8 * type.size, 0);
  }
}

function isByte(element: MemberType | undefined): boolean {
  return element?.kind === "uint" && element.size === 1;
}

function bytesOf(view: DataView, at: number, size: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, size);
}

function readText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString("utf8");
}

function readElements({ element, length = 0 }: MemberType, view: DataView, at: number): readonly MapValue[] {
  return element === undefined ? [] : Array.from({ length }, (_, index) => readTyped(element, view, at + index * element.size));
}

function readMember(member: StructMember, view: DataView, at: number): MapValue {
  const { offset, bitSize, bitOffset = 0 } = member;
  if (bitSize === undefined) return readTyped(member, view, at + offset);
  const bits = readBits(member, view, at + offset, bitSize, bitOffset);
  return member.kind === "bool" ? bits !== 0n : u64FromBigInt(bits);
}

/** Bits from `shift` on, of as many bytes as hold them. */
function readBits({ signed }: MemberType, view: DataView, at: number, bits: number, shift: number): bigint {
  let word = 0n;
  for (let byte = Math.ceil((bits + shift) / 8) - 1; byte >= 0; byte--) word = (word << 8n) | BigInt(view.getUint8(at + byte));
  word >>= BigInt(shift);
  return signed ? BigInt.asIntN(bits, word) : BigInt.asUintN(bits, word);
}

function writeBits(view: DataView, at: number, value: bigint, bits: number, shift: number): void {
  let word = BigInt.asUintN(bits, value) << BigInt(shift);
  for (let byte = 0; byte < Math.ceil((bits + shift) / 8); byte++, word >>= 8n)
    view.setUint8(at + byte, view.getUint8(at + byte) | Number(word & 0xffn));
}

function writeMembers({ members = [] }: MemberType, view: DataView, at: number, value: MapValue, path: string): void {
  if (typeof value !== "object" || Array.isArray(value) || value instanceof Uint8Array) throw wrong(path, "an object");
  for (const [name, part] of Object.entries(value as Members)) {
    const member = members.find((one) => one.name === name);
    if (!member) throw new TypeError(`${path} has no member ${name}`);
    writeMember(member, view, at + member.offset, part, `${path}.${name}`);
  }
}

function writeMember(member: StructMember, view: DataView, at: number, value: MapValue, path: string): void {
  const { bitSize, bitOffset = 0 } = member;
  if (bitSize === undefined) return writeTyped(member, view, at, value, path);
  const number = member.kind === "bool" && typeof value === "boolean" ? Number(value) : value;
  writeBits(view, at, integer(number, bitSize, member.signed, path), bitSize, bitOffset);
}

function writeText({ size }: MemberType, view: DataView, at: number, value: MapValue, path: string): void {
  if (typeof value !== "string") throw wrong(path, "a string");
  const text = Buffer.from(value, "utf8");
  if (text.length > size) throw new RangeError(`${path} takes ${size} bytes, "${value}" has ${text.length}`);
  bytesOf(view, at, size).set(text);
}

function writeBytes({ size }: MemberType, view: DataView, at: number, value: MapValue, path: string): void {
  if (!(value instanceof Uint8Array)) throw wrong(path, "a Uint8Array");
  if (value.length !== size) throw new RangeError(`${path} has ${size} bytes, not ${value.length}`);
  bytesOf(view, at, size).set(value);
}

function writeElements({ element, length = 0 }: MemberType, view: DataView, at: number, value: MapValue, path: string): void {
  if (!Array.isArray(value) || element === undefined) throw wrong(path, "a list");
  if (value.length > length) throw new RangeError(`${path} has ${length} elements, not ${value.length}`);
  for (const [index, one] of value.entries()) writeTyped(element, view, at + index * element.size, one, `${path}[${index}]`);
}

/** The integer that a value is, in the range of that many bits. */
function integer(value: MapValue, bits: number, signed: boolean, path: string): bigint {
  if (typeof value !== "bigint" && !Number.isSafeInteger(value)) throw wrong(path, "an integer");
  const exact = BigInt(value as number | bigint);
  const fits = signed ? BigInt.asIntN(bits, exact) === exact : BigInt.asUintN(bits, exact) === exact;
  if (!fits) throw new RangeError(`${path} takes ${signed ? "signed" : "unsigned"} integers of ${bits} bits, not ${value}`);
  return exact;
}

function wrong(path: string, wanted: string): TypeError {
  return new TypeError(`${path} is not ${wanted}`);
}
