/** The types that BTF can describe, as readonly data. Source: include/uapi/linux/btf.h. */
import type { U64 } from "../api/event.ts";

/** `BTF_KIND_*` numbers in order; the position is the number on disk. */
export const btfKinds = [
  "void",
  "int",
  "ptr",
  "array",
  "struct",
  "union",
  "enum",
  "fwd",
  "typedef",
  "volatile",
  "const",
  "restrict",
  "func",
  "funcProto",
  "var",
  "datasec",
  "float",
  "declTag",
  "typeTag",
  "enum64",
] as const;

export type BtfKind = (typeof btfKinds)[number];

/** The number of a kind on disk. */
export function kindNumber(kind: BtfKind): number {
  return btfKinds.indexOf(kind);
}

export interface BtfInt {
  readonly kind: "int";
  readonly name: string;
  /** Bytes of storage. */
  readonly size: number;
  /** Value bits; fewer than `8 * size` only in the old way of describing bitfields. */
  readonly bits: number;
  /** First value bit, counted from the start of the storage; 0 except in old bitfields. */
  readonly bitOffset: number;
  readonly signed: boolean;
  readonly char: boolean;
  readonly bool: boolean;
}

/** A pointer or a qualifier; `typeId` 0 is void. */
export interface BtfReference {
  readonly kind: "ptr" | "const" | "volatile" | "restrict";
  readonly typeId: number;
}

/** A name given to another type. A typeTag's name is the text of its attribute. */
export interface BtfNamedReference {
  readonly kind: "typedef" | "typeTag";
  readonly name: string;
  readonly typeId: number;
}

export interface BtfArray {
  readonly kind: "array";
  readonly elementTypeId: number;
  readonly indexTypeId: number;
  /** Elements; 0 for a flexible array member. */
  readonly length: number;
}

/** A struct or union; its members come from `Btf.members`. The name is empty when it is anonymous. */
export interface BtfComposite {
  readonly kind: "struct" | "union";
  readonly name: string;
  readonly size: number;
  readonly memberCount: number;
}

/** An enumeration; its values come from `Btf.enumValues`. */
export interface BtfEnum {
  readonly kind: "enum" | "enum64";
  readonly name: string;
  readonly size: number;
  readonly signed: boolean;
  readonly valueCount: number;
}

export interface BtfForward {
  readonly kind: "fwd";
  readonly name: string;
  readonly of: "struct" | "union";
}

export interface BtfFunction {
  readonly kind: "func";
  readonly name: string;
  /** The funcProto. */
  readonly typeId: number;
  readonly linkage: BtfLinkage;
}

export type BtfLinkage = "static" | "global" | "extern";

export interface BtfParameter {
  /** Empty where the source gave no name. */
  readonly name: string;
  /** 0 in the last parameter of a variadic function. */
  readonly typeId: number;
}

export interface BtfFunctionPrototype {
  readonly kind: "funcProto";
  readonly returnTypeId: number;
  readonly parameters: readonly BtfParameter[];
}

export interface BtfVariable {
  readonly kind: "var";
  readonly name: string;
  readonly typeId: number;
  readonly linkage: BtfLinkage;
}

export interface BtfDataSection {
  readonly kind: "datasec";
  readonly name: string;
  readonly size: number;
  readonly variables: readonly { readonly typeId: number; readonly offset: number; readonly size: number }[];
}

export interface BtfFloat {
  readonly kind: "float";
  readonly name: string;
  readonly size: number;
}

export interface BtfDeclTag {
  readonly kind: "declTag";
  /** The text of the attribute. */
  readonly name: string;
  readonly typeId: number;
  /** The member or parameter that carries the tag, -1 for the type itself. */
  readonly componentIndex: number;
}

export type BtfType =
  | { readonly kind: "void" }
  | BtfInt
  | BtfReference
  | BtfNamedReference
  | BtfArray
  | BtfComposite
  | BtfEnum
  | BtfForward
  | BtfFunction
  | BtfFunctionPrototype
  | BtfVariable
  | BtfDataSection
  | BtfFloat
  | BtfDeclTag;

/** A member of a struct or union, in source order. */
export interface BtfMember {
  /** Empty for an anonymous struct or union. */
  readonly name: string;
  readonly typeId: number;
  /** Bits from the start of the struct. */
  readonly bitOffset: number;
  /** Bits of a bitfield, 0 for every other member. */
  readonly bitSize: number;
}

/** A member of an enumeration. */
export interface BtfEnumValue {
  readonly name: string;
  readonly value: U64;
}
