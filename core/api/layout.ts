/** The memory layout of a C struct, as its BTF gives it (design D2): what the codecs of sections are generated from. */

export type MemberKind = "uint" | "int" | "bool" | "char-array" | "array" | "struct" | "union" | "pointer" | "enum" | "float";

/** The type of a member, or of the elements of an array; typedefs and qualifiers are followed. */
export interface MemberType {
  readonly kind: MemberKind;
  /** Bytes; of a bitfield, those of the type it was declared with. */
  readonly size: number;
  /** Whether an integer, boolean or enum has a sign. */
  readonly signed: boolean;
  /** Values of an enum by name. */
  readonly values?: Readonly<Record<string, number>>;
  /** Type of the elements of an array or char-array. */
  readonly element?: MemberType;
  /** Elements of an array or char-array; 0 for a flexible array member. */
  readonly length?: number;
  /** Members of a struct or union, offsets counted from its own start. */
  readonly members?: readonly StructMember[];
}

/** A member. Members of anonymous structs and unions replace these; unions make members overlap. */
export interface StructMember extends MemberType {
  readonly name: string;
  /** Bytes from the start of the struct; of a bitfield, the byte that holds its lowest bit. */
  readonly offset: number;
  /** Only in bitfields: lowest bit within the byte at `offset`, 0-7. */
  readonly bitOffset?: number;
  /** Only in bitfields: number of bits. */
  readonly bitSize?: number;
}

export interface StructLayout {
  /** Empty for an anonymous struct. */
  readonly name: string;
  /** Bytes, padding included, without a flexible array member. */
  readonly size: number;
  readonly members: readonly StructMember[];
}
