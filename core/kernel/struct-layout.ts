/** The memory layout of a C struct, from BTF: what the decoders and encoders of sections are generated from. */
import type { MemberType, StructLayout as PlainLayout, StructMember } from "../api/layout.ts";
import type { Btf, BtfMember, BtfType } from "./btf.ts";

/** A member's type together with where BTF has it. */
export interface FieldType extends MemberType {
  /** The name the source gives the type, before any typedef is followed, e.g. `__be16`, `in6_addr`; may be empty. */
  readonly typeName: string;
  /** Id of the type without typedefs and qualifiers, to look further, e.g. at enum values. */
  readonly typeId: number;
  readonly element?: FieldType;
  readonly members?: readonly LayoutMember[];
}

export interface LayoutMember extends FieldType, StructMember {
  readonly element?: FieldType;
  readonly members?: readonly LayoutMember[];
}

/** A layout whose members know their types' names. */
export interface StructLayout extends PlainLayout {
  readonly members: readonly LayoutMember[];
}

/**
 * Layout of a struct or union given by name (struct before union before typedef) or by type id.
 * Undefined when there is no such type, or it is not a struct or union, or only declared.
 */
export function structLayout(btf: Btf, struct: string | number): StructLayout | undefined {
  const id = typeof struct === "number" ? struct : findStruct(btf, struct);
  const target = id === undefined ? undefined : btf.resolve(id);
  const type = target === undefined ? undefined : btf.type(target);
  if (target === undefined || (type?.kind !== "struct" && type?.kind !== "union")) return undefined;
  return { name: type.name, size: type.size, members: layoutMembers(btf, target) };
}

function findStruct(btf: Btf, name: string): number | undefined {
  return btf.findByName(name, "struct") ?? btf.findByName(name, "union") ?? btf.findByName(name, "typedef");
}

function layoutMembers(btf: Btf, structId: number, baseBits = 0): readonly LayoutMember[] {
  return btf.members(structId).flatMap((member) => {
    const bits = baseBits + member.bitOffset;
    return member.name === "" ? layoutMembers(btf, member.typeId, bits) : [layoutMember(btf, member, bits)];
  });
}

function layoutMember(btf: Btf, member: BtfMember, bits: number): LayoutMember {
  const place = { name: member.name, offset: bits >>> 3 };
  const type = fieldType(btf, member.typeId);
  return member.bitSize === 0 ? { ...place, ...type } : { ...place, ...type, bitOffset: bits & 7, bitSize: member.bitSize };
}

/** The {@link FieldType} of any type id that can be a member. */
export function fieldType(btf: Btf, id: number): FieldType {
  const typeId = btf.resolve(id);
  const type = btf.type(typeId);
  const size = btf.sizeOf(typeId) ?? 0;
  const common = { size, signed: false, typeName: firstName(btf, id), typeId };
  switch (type.kind) {
    case "int":
      return { ...common, kind: type.bool ? "bool" : type.signed ? "int" : "uint", signed: type.signed };
    case "enum":
    case "enum64":
      return { ...common, kind: "enum", signed: type.signed, values: enumValues(btf, typeId) };
    case "float":
      return { ...common, kind: "float", signed: true };
    case "ptr":
      return { ...common, kind: "pointer" };
    case "array":
      return arrayType(btf, type, common);
    case "struct":
    case "union":
      return { ...common, kind: type.kind, members: layoutMembers(btf, typeId) };
    default:
      throw new RangeError(`BTF type ${id} (${type.kind}) cannot be a member`);
  }
}

function enumValues(btf: Btf, typeId: number): Readonly<Record<string, number>> {
  return Object.fromEntries(btf.enumValues(typeId).map(({ name, value }) => [name, Number(value)]));
}

function arrayType(btf: Btf, type: BtfType & { kind: "array" }, common: Omit<FieldType, "kind">): FieldType {
  const element = fieldType(btf, type.elementTypeId);
  return { ...common, kind: isChar(btf, element) ? "char-array" : "array", element, length: type.length };
}

/** Compilers disagree about the encoding of plain `char`, its name is what remains. */
function isChar(btf: Btf, element: FieldType): boolean {
  return element.size === 1 && btf.name(element.typeId) === "char";
}

/** The first name on the way from a type through qualifiers; for arrays that of the elements. */
function firstName(btf: Btf, id: number): string {
  const type = btf.type(id);
  switch (type.kind) {
    case "const":
    case "volatile":
    case "restrict":
    case "typeTag":
      return firstName(btf, type.typeId);
    case "array":
      return firstName(btf, type.elementTypeId);
    default:
      return btf.name(id);
  }
}
