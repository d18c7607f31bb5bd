/** Struct layouts without a compiler, laid out by the rules of C on a 64-bit machine. */
import type { MemberType, StructLayout, StructMember } from "../../api/layout.ts";

/** A type with its alignment in bytes. */
export interface BuiltType extends MemberType {
  readonly alignment: number;
  /** Only of bitfields. */
  readonly bitSize?: number;
  /** Only of structs: members follow each other without padding. */
  readonly packed?: boolean;
}

const integer = (size: number, signed: boolean): BuiltType => ({ kind: signed ? "int" : "uint", size, signed, alignment: size });

export const u8 = integer(1, false);
export const u16 = integer(2, false);
export const u32 = integer(4, false);
export const u64 = integer(8, false);
export const s8 = integer(1, true);
export const s16 = integer(2, true);
export const s32 = integer(4, true);
export const s64 = integer(8, true);

/** `type name : count` */
export function bitfield(type: BuiltType, count: number): BuiltType {
  return { ...type, bitSize: count };
}

/** `char[length]` */
export function chars(length: number): BuiltType {
  return { kind: "char-array", size: length, signed: true, element: s8, length, alignment: 1 };
}

/** `element[length]`; a length of 0 is a flexible array member. */
export function array(element: BuiltType, length: number): BuiltType {
  return { kind: "array", size: element.size * length, signed: false, element, length, alignment: element.alignment };
}

export type BuiltMembers = Readonly<Record<string, BuiltType>>;

/** A struct as a member. With `packed`, members follow each other without padding. */
export function inner(members: BuiltMembers, packed = false): BuiltType {
  const placed = place(members, packed);
  return { kind: "struct", signed: false, size: placed.size, members: placed.members, alignment: placed.alignment, packed };
}

export function struct(name: string, members: BuiltMembers, packed = false): StructLayout {
  const placed = place(members, packed);
  return { name, size: placed.size, members: placed.members };
}

function place(types: BuiltMembers, packed: boolean) {
  const members: StructMember[] = [];
  let end = 0; // bits
  let alignment = 1;
  for (const [name, type] of Object.entries(types)) {
    const start = startOf(type, end, packed);
    const place = { ...type, name, offset: start >>> 3 };
    members.push(type.bitSize === undefined ? place : { ...place, bitOffset: start & 7 });
    end = start + (type.bitSize ?? type.size * 8);
    if (!packed) alignment = Math.max(alignment, type.alignment);
  }
  return { members, size: Math.ceil(end / 8 / alignment) * alignment, alignment };
}

/** First bit of a member that comes after `end` bits. A bitfield does not cross a boundary of its declared type. */
function startOf(type: BuiltType, end: number, packed: boolean): number {
  const unit = (packed ? 1 : type.alignment) * 8;
  const aligned = Math.ceil(end / unit) * unit;
  if (type.bitSize === undefined) return aligned;
  return packed || Math.floor(end / unit) === Math.floor((end + type.bitSize - 1) / unit) ? end : aligned;
}
