/**
 * Random sections: a C struct, a schema for it, and payloads with the object that they must decode to. The expected
 * values are worked out here from the drawn numbers, without any code of the codec.
 */
import { Type, type TProperties, type TSchema } from "@sinclair/typebox";
import { u64FromBigInt } from "../../api/event.ts";
import type { StructLayout, StructMember } from "../../api/layout.ts";
import { defineSection, type Section } from "../../api/section.ts";
import * as wire from "../../api/wire.ts";
import * as built from "./layout-builder.ts";
import type { Random } from "./random.ts";

type Value = bigint | Uint8Array | Values;
type Values = { readonly [member: string]: Value };

/** A member and the property that reads it. */
interface Piece {
  readonly member: string;
  readonly type: built.BuiltType;
  readonly property: TSchema;
  readonly draw: (random: Random) => Value;
  /** Value of the property; undefined when it is absent. `all` are the members of the same struct. */
  readonly expect: (value: Value, all: Values) => unknown;
}

export interface RandomSection {
  readonly section: Section;
  readonly layout: StructLayout;
  readonly lookups: Readonly<Record<string, wire.Lookup>>;
  readonly frames: wire.FrameLookup;
  /** The struct in C. */
  readonly source: string;
  draw(random: Random): { readonly payload: Uint8Array; readonly expected: Readonly<Record<string, unknown>> };
}

const lookups: Readonly<Record<string, wire.Lookup>> = {
  name: (value) => (value % 3 === 0 ? undefined : `value ${value} ✓`),
  list: (value) => (value % 4 === 0 ? undefined : Array.from({ length: Math.abs(value) % 30 }, (_, i) => `${value}+${i}`)),
  fickle: Object.assign((value: number) => `now ${value}`, { volatile: true }),
};

const frames: wire.FrameLookup = (words, at, count) =>
  Array.from({ length: count }, (_, i) => `${words[at + 2 * i + 1]}:${words[at + 2 * i]}`);

const unsigned = [built.u8, built.u16, built.u32, built.u64];
const signed = [built.s8, built.s16, built.s32, built.s64];
const description = "Random";

/** A section named `name`; with `packed`, its struct has no padding. */
export function randomSection(random: Random, name: string): RandomSection {
  const packed = random.chance(0.3);
  const pieces = randomPieces(random, 1 + random.below(random.chance(0.1) ? 40 : 8), 0);
  const trailing = random.chance(0.4) ? random.pick(packed ? [trailingBytes] : [trailingBytes, trailingFrames])() : [];
  const all = [...trailing.slice(0, 1), ...pieces, ...trailing.slice(1)];
  const layout = built.struct(name, membersOf(all), packed);
  return {
    section: defineSection({ key: "random", summary: description, wire: "random", schema: Type.Object(propertiesOf(all)) }),
    layout,
    lookups,
    frames,
    source: structSource(name, all, packed),
    draw: (drawing) => drawPayload(drawing, all, layout),
  };
}

function membersOf(pieces: readonly Piece[]): built.BuiltMembers {
  return Object.fromEntries(pieces.map(({ member, type }) => [member, type]));
}

function propertiesOf(pieces: readonly Piece[]): TProperties {
  return Object.fromEntries(pieces.map(({ member, property }) => [`p_${member}`, property]));
}

function randomPieces(random: Random, count: number, depth: number): Piece[] {
  const pieces: Piece[] = [];
  for (let i = 0; i < count; i++) pieces.push(conditional(random, randomPiece(random, `m${i}`, depth), pieces));
  return pieces;
}

function randomPiece(random: Random, member: string, depth: number): Piece {
  const kinds = [unsignedPiece, signedPiece, swappedPiece, flagPiece, textPiece, addressPiece, lookupPiece, listPiece, locationPiece];
  if (depth < 2 && random.chance(0.12)) return groupPiece(random, member, depth);
  if (random.chance(0.05)) return eitherAddressPiece(random, member);
  return random.pick(kinds)(random, member);
}

function unsignedPiece(random: Random, member: string): Piece {
  const base = random.pick(unsigned);
  const type = maybeBitfield(random, base);
  const formats = [wire.U8, wire.U16, wire.U32, wire.U64];
  const make = random.pick(formats.filter((_, i) => 8 << i >= bitsOf(type)));
  return integerPiece(member, type, make({ description, member }));
}

function signedPiece(random: Random, member: string): Piece {
  const type = maybeBitfield(random, random.pick(signed));
  const make = bitsOf(type) <= 32 && random.chance(0.6) ? wire.I32 : wire.I64;
  return integerPiece(member, type, make({ description, member }));
}

function integerPiece(member: string, type: built.BuiltType, property: TSchema): Piece {
  const expect = (value: Value) => number(value, type);
  return { member, type, property, draw: (random) => random.bits(bitsOf(type)), expect };
}

/** An integer in network byte order. */
function swappedPiece(random: Random, member: string): Piece {
  const index = random.below(3);
  const type = unsigned[index + 1]!;
  const make = [wire.U16, wire.U32, wire.U64][index]!;
  return {
    ...integerPiece(member, type, make({ description, member, bigEndian: true })),
    expect: (value) => u64FromBigInt([...littleEndian(value as bigint, type.size)].reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)),
  };
}

function flagPiece(random: Random, member: string): Piece {
  const type = maybeBitfield(random, random.pick([...unsigned, ...signed]));
  const property = wire.Bool({ description, member });
  return { ...integerPiece(member, type, property), expect: (value) => value !== 0n };
}

function textPiece(random: Random, member: string): Piece {
  const type = built.chars(random.pick([1, 4, 16, 16, 23, 24, 40, 300]));
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return {
    member,
    type,
    property: wire.CString({ description, member }),
    draw: (drawing) => randomText(drawing, type.size),
    expect: (value) => decoder.decode((value as Uint8Array).slice(0, endOfText(value as Uint8Array))),
  };
}

function endOfText(bytes: Uint8Array): number {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes.length : end;
}

function randomText(random: Random, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  const length = random.below(size + 1);
  if (random.chance(0.6)) bytes.set(random.bytes(length).map((byte) => 32 + (byte % 95)));
  else if (random.chance(0.5)) bytes.set(random.bytes(length));
  else new TextEncoder().encodeInto("grüße 漢字 🙂 ".repeat(30).slice(random.below(9)), bytes.subarray(0, length));
  return bytes;
}

function addressPiece(random: Random, member: string): Piece {
  const kind = random.pick(["ipv4", "ipv6", "mac"] as const);
  const make = { ipv4: wire.Ipv4, ipv6: wire.Ipv6, mac: wire.Mac }[kind];
  const size = { ipv4: 4, ipv6: 16, mac: 6 }[kind];
  return {
    member,
    type: built.array(built.u8, size),
    property: make({ description, member }),
    draw: (drawing) => drawing.bytes(size).map((byte, i) => (i > 2 && drawing.chance(0.6) ? 0 : byte)),
    expect: (value) => addressText(kind, value as Uint8Array),
  };
}

/** An address whose version is beside it, in a struct of its own. */
function eitherAddressPiece(_random: Random, member: string): Piece {
  return {
    member,
    type: built.inner({ version: built.u8, address: built.array(built.u8, 16) }),
    property: wire.Group({ a: wire.IpAddress({ description, member: "address", version: "version" }) }, { description, member }),
    draw: (random) => ({ version: random.pick([4n, 6n]), address: random.bytes(16) }),
    expect: (value) => {
      const { version, address } = value as { readonly version: bigint; readonly address: Uint8Array };
      return { a: version === 4n ? addressText("ipv4", address.slice(0, 4)) : addressText("ipv6", address) };
    },
  };
}

function addressText(kind: "ipv4" | "ipv6" | "mac", bytes: Uint8Array): string {
  if (kind === "ipv4") return bytes.join(".");
  const hex = bytes.toHex();
  if (kind === "mac") return hex.match(/../g)!.join(":");
  // The WHATWG URL parser shortens as RFC 5952 says.
  return new URL(`http://[${hex.match(/..../g)!.join(":")}]/`).hostname.slice(1, -1);
}

function lookupPiece(random: Random, member: string): Piece {
  const type = maybeBitfield(random, random.pick([built.u8, built.u16, built.u32, built.s32]));
  const lookup = random.pick(Object.keys(lookups));
  const property = wire.OptionalText({ description, member, lookup });
  return { ...integerPiece(member, type, property), expect: (value) => lookups[lookup]!(number(value, type) as number) };
}

/** Text by default: a section of a collector gets that of the kernel's symbols. */
function locationPiece(random: Random, member: string): Piece {
  const property = wire.OptionalLocation({ description, member });
  const known = random.bits(64);
  return {
    ...integerPiece(member, built.u64, property),
    draw: (drawing) => drawing.pick([known, known ^ (1n << 40n), 0n, drawing.bits(64)]),
    expect: (value) => (value === 0n ? undefined : `0x${(value as bigint).toString(16)}`),
  };
}

function listPiece(random: Random, member: string): Piece {
  const index = random.below(4);
  const element = unsigned[index]!;
  const format = (["uint8", "uint16", "uint32", "uint64"] as const)[index]!;
  const type = built.array(element, 1 + random.below(30));
  return {
    member,
    type,
    property: wire.Integers({ description, member, format }),
    draw: (drawing) => drawing.bytes(type.size).map((byte) => (drawing.chance(0.4) ? 0 : byte)),
    expect: (value) =>
      Array.from({ length: type.length! }, (_, i) => {
        const bytes = (value as Uint8Array).slice(i * element.size, (i + 1) * element.size);
        return u64FromBigInt(bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n));
      }),
  };
}

function groupPiece(random: Random, member: string, depth: number): Piece {
  const pieces = randomPieces(random, 1 + random.below(5), depth + 1);
  return {
    member,
    type: built.inner(membersOf(pieces), random.chance(0.3)),
    property: wire.Group(propertiesOf(pieces), { description, member }),
    draw: (drawing) => drawValues(drawing, pieces),
    expect: (value) => expectedOf(pieces, value as Values),
  };
}

/** Bytes at the end, as many as the member in front says. */
function trailingBytes(): readonly Piece[] {
  const data: Piece = {
    member: "data",
    type: built.array(built.u8, 0),
    property: wire.Bytes({ description, member: "data", length: "count" }),
    draw: (random) => random.bytes(random.below(600)),
    expect: (value, all) => (value as Uint8Array).slice(0, Number(all["count"])),
  };
  return [countPiece(600), data];
}

/** A stack trace at the end. */
function trailingFrames(): readonly Piece[] {
  const data: Piece = {
    member: "data",
    type: built.array(built.u64, 0),
    property: wire.OptionalFrames({ description, member: "data", length: "count" }),
    draw: (random) => random.bytes(8 * random.below(40)).map((byte) => byte & 1),
    expect: (value, all) => {
      const words = new Uint32Array((value as Uint8Array).buffer);
      const count = Math.min(Number(all["count"]), words.length / 2);
      return count === 0 ? undefined : frames(words, 0, count);
    },
  };
  return [countPiece(40), data];
}

function countPiece(bound: number): Piece {
  return { ...integerPiece("count", built.u16, wire.U16({ description, member: "count" })), draw: (random) => BigInt(random.below(bound)) };
}

/** Sometimes makes the property depend on an integer before it, or on not being zero. */
function conditional(random: Random, piece: Piece, before: readonly Piece[]): Piece {
  const earlier = before.filter(({ type }) => type.kind === "uint" || type.kind === "int");
  if (piece.type.kind === "uint" && random.chance(0.2)) return notZero(piece);
  return earlier.length > 0 && random.chance(0.25) ? under(random, piece, random.pick(earlier)) : piece;
}

function notZero(piece: Piece): Piece {
  return {
    ...piece,
    property: annotated(piece.property, { omitZero: true }),
    expect: (value, all) => (value === 0n ? undefined : piece.expect(value, all)),
  };
}

function under(random: Random, piece: Piece, { member, type }: Piece): Piece {
  const bits = Math.min(bitsOf(type), 52);
  const mask = random.chance(0.5) ? 1 + Number(random.bits(bits - 1 || 1) & 0xf_ffff_ffff_ffffn) : undefined;
  const equals = random.chance(0.4) ? random.below(2) : undefined;
  const when: wire.When = { member, ...(mask === undefined ? {} : { mask }), ...(equals === undefined ? {} : { equals }) };
  const matches = (all: Values) => {
    const full = BigInt(number(all[member]!, type));
    const masked = mask === undefined ? full : full & BigInt(mask);
    return equals === undefined ? masked !== 0n : masked === BigInt(equals);
  };
  return {
    ...piece,
    property: annotated(piece.property, { when }),
    expect: (value, all) => (matches(all) ? piece.expect(value, all) : undefined),
  };
}

function annotated(property: TSchema, more: Partial<wire.WireAnnotation>): TSchema {
  return Type.Optional({ ...property, [wire.wireKey]: { ...wire.wireOf(property), ...more } } as TSchema);
}

function maybeBitfield(random: Random, type: built.BuiltType): built.BuiltType {
  return random.chance(0.25) ? built.bitfield(type, 1 + random.below(type.size * 8 - 1)) : type;
}

function bitsOf(type: built.BuiltType): number {
  return type.bitSize ?? type.size * 8;
}

function number(value: Value, type: built.BuiltType): number | bigint {
  return u64FromBigInt(type.signed ? BigInt.asIntN(bitsOf(type), value as bigint) : (value as bigint));
}

function littleEndian(value: bigint, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

function drawValues(random: Random, pieces: readonly Piece[]): Values {
  return Object.fromEntries(pieces.map(({ member, draw }) => [member, draw(random)]));
}

function expectedOf(pieces: readonly Piece[], values: Values): Readonly<Record<string, unknown>> {
  const entries = pieces.map(({ member, expect }) => [`p_${member}`, expect(values[member]!, values)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function drawPayload(random: Random, pieces: readonly Piece[], layout: StructLayout) {
  const values = drawValues(random, pieces);
  const data = values["data"] as Uint8Array | undefined;
  const dataAt = layout.members.find(({ name }) => name === "data")?.offset ?? 0;
  const payload = random.bytes(data === undefined ? layout.size : dataAt + data.length);
  store(payload, layout.members, values, 0);
  return { payload, expected: expectedOf(pieces, values) };
}

function store(payload: Uint8Array, members: readonly StructMember[], values: Values, base: number): void {
  for (const member of members) {
    const value = values[member.name]!;
    const at = base + member.offset;
    if (value instanceof Uint8Array) payload.set(value, at);
    else if (typeof value === "bigint") storeBits(payload, at * 8 + (member.bitOffset ?? 0), member.bitSize ?? member.size * 8, value);
    else store(payload, member.members!, value, at);
  }
}

function storeBits(payload: Uint8Array, from: number, count: number, value: bigint): void {
  for (let i = 0; i < count; i++) {
    const bit = 1 << ((from + i) & 7);
    const at = (from + i) >>> 3;
    payload[at] = (value >> BigInt(i)) & 1n ? payload[at]! | bit : payload[at]! & ~bit;
  }
}

const cNames = { uint: ["", "u8", "u16", "", "u32", "", "", "", "u64"], int: ["", "s8", "s16", "", "s32", "", "", "", "s64"] } as const;

function structSource(name: string, pieces: readonly Piece[], packed: boolean): string {
  const attribute = packed ? " __attribute__((packed))" : "";
  return `struct ${name} {\n${pieces.map(({ member, type }) => memberSource(member, type)).join("\n")}\n}${attribute};`;
}

function memberSource(name: string, type: built.BuiltType | StructMember): string {
  switch (type.kind) {
    case "char-array":
      return `char ${name}[${type.length}];`;
    case "array":
      return memberSource(`${name}[${type.length === 0 ? "" : type.length}]`, type.element as built.BuiltType);
    case "struct": {
      const packed = (type as built.BuiltType).packed ? " __attribute__((packed))" : "";
      return `struct {\n${type.members!.map((member) => memberSource(member.name, member)).join("\n")}\n}${packed} ${name};`;
    }
    default:
      return `${cNames[type.kind as "uint" | "int"][type.size]} ${name}${type.bitSize === undefined ? "" : ` : ${type.bitSize}`};`;
  }
}
