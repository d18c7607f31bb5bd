/** Members of kernel structs by name, and what to say when there is none. */
import type { Btf, BtfMember } from "../kernel/btf.ts";
import { nearNames } from "../base/near-names.ts";
import { typeText } from "../kernel/prototype.ts";

/** Most names that a hint lists. */
const longestList = 80;

export interface FoundMember {
  readonly typeId: number;
  /** From the start of the struct, in bits. */
  readonly bitOffset: number;
  /** Width of a bitfield, otherwise 0. */
  readonly bitSize: number;
}

/** Members by struct: an expression looks up those of the same few structs again and again. */
const knownMembers = new WeakMap<Btf, Map<number, readonly BtfMember[]>>();

/** All named members in order of declaration; those of anonymous structs and unions replace these. */
function namedMembers(btf: Btf, structId: number): readonly BtfMember[] {
  let ofBtf = knownMembers.get(btf);
  if (ofBtf === undefined) knownMembers.set(btf, (ofBtf = new Map()));
  let members = ofBtf.get(structId);
  if (members === undefined) ofBtf.set(structId, (members = [...collectMembers(btf, structId, 0)]));
  return members;
}

function* collectMembers(btf: Btf, structId: number, bitOffset: number): Generator<BtfMember> {
  for (const member of btf.members(structId)) {
    const at = bitOffset + member.bitOffset;
    if (member.name === "") yield* collectMembers(btf, member.typeId, at);
    else yield { ...member, bitOffset: at };
  }
}

/** The first member of this name; undefined when the struct has none. */
export function findMember(btf: Btf, structId: number, name: string): FoundMember | undefined {
  return namedMembers(btf, structId).find((member) => member.name === name);
}

/** Members that can be named. */
export function memberNames(btf: Btf, structId: number): readonly BtfMember[] {
  return namedMembers(btf, structId).filter((member) => !isMarker(btf, member));
}

/** Hint that names the members of a struct, those that look like the wanted one first. */
export function membersHint(btf: Btf, structId: number, wanted: string): string {
  const names = [...new Set(memberNames(btf, structId).map(({ name }) => name))];
  return listHint(`${typeName(btf, structId)} has`, names, wanted);
}

/** Empty members with which the kernel marks positions, e.g. `__cacheline_group_begin__…`. */
function isMarker(btf: Btf, { name, typeId, bitSize }: BtfMember): boolean {
  return name.startsWith("__") && bitSize === 0 && btf.sizeOf(typeId) === 0;
}

/** `Did you mean near? prefix near, other, …` */
export function listHint(prefix: string, names: readonly string[], wanted: string): string {
  const near = nearNames(wanted, names);
  const ordered = [...near, ...names.filter((name) => !near.includes(name))];
  const rest = ordered.length - longestList;
  const list = `${prefix} ${ordered.slice(0, longestList).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
  return near.length === 0 ? capitalized(list) : `Did you mean ${near.join(" or ")}? ${capitalized(list)}`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A type as messages show it: `struct net_device *`, `a function pointer`. */
export function typeName(btf: Btf, id: number): string {
  const text = typeText(btf, id);
  if (text !== "") return text;
  const target = btf.resolve(id);
  const type = btf.type(target);
  if (type.kind === "array") return `an array of ${type.length} ${typeName(btf, type.elementTypeId)}`;
  if (type.kind === "ptr") return "a function pointer";
  return type.kind === "struct" || type.kind === "union" ? `an anonymous ${type.kind}` : type.kind;
}
