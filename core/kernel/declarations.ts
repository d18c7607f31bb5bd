/** Whether the running kernel declares a struct, a member, an enum, a function. */
import type { Btf, BtfType } from "./btf.ts";
import { enumValues } from "./enums.ts";
import type { FoundType, TypeSource } from "./kernel-types.ts";

/** A kernel whose modules are left out: for questions about what is never in a module. */
export function coreOf(kernel: TypeSource): TypeSource {
  const findCoreType: TypeSource["findCoreType"] = (name, kind) => kernel.findCoreType(name, kind);
  return { findType: findCoreType, findCoreType };
}

/** Whether a struct or union exists, and has the member when one is given; anonymous structs are searched too. */
export function hasStruct(kernel: TypeSource, name: string, member?: string): boolean {
  return member === undefined ? findStruct(kernel, name) !== undefined : memberType(kernel, name, member) !== undefined;
}

/** Whether the member exists and is an integer of this size in bytes, typedefs followed. */
export function hasIntegerMember(kernel: TypeSource, struct: string, member: string, size: number): boolean {
  const type = memberType(kernel, struct, member);
  return type?.kind === "int" && type.size === size;
}

/** Whether an enum exists, and has the value name when one is given. */
export function hasEnum(kernel: TypeSource, name: string, valueName?: string): boolean {
  const values = enumValues(kernel, name);
  return values !== undefined && (valueName === undefined || values.some((entry) => entry.name === valueName));
}

/** Whether BTF describes a function of this name. */
export function hasFunction(kernel: TypeSource, name: string): boolean {
  return kernel.findType(name, "func") !== undefined;
}

function findStruct(kernel: TypeSource, name: string): FoundType | undefined {
  return kernel.findType(name, "struct") ?? kernel.findType(name, "union");
}

/** The type of a member without typedefs and qualifiers. */
function memberType(kernel: TypeSource, struct: string, member: string): BtfType | undefined {
  const found = findStruct(kernel, struct);
  if (found === undefined) return undefined;
  const typeId = findMember(found.btf, found.id, member);
  return typeId === undefined ? undefined : found.btf.type(found.btf.resolve(typeId));
}

function findMember(btf: Btf, structId: number, member: string): number | undefined {
  for (const { name, typeId } of btf.members(structId)) {
    if (name === member) return typeId;
    const inner = name === "" ? findMember(btf, typeId, member) : undefined;
    if (inner !== undefined) return inner;
  }
  return undefined;
}
