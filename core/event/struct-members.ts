import type { MemberType, StructLayout, StructMember } from "../api/layout.ts";
import type { BoundInteger } from "./bound-section.ts";

/** The members that names in a schema refer to: those of the section's struct or of a struct inside it. */
export interface StructMembers {
  /** Bytes from the start of the payload. */
  readonly offset: number;
  readonly members: readonly StructMember[];
  /** For messages: what has these members, e.g. `struct dev_section`. */
  readonly title: string;
}

/** A member with its offset counted from the start of the payload. */
export type FoundMember = StructMember;

export function structMembers(layout: StructLayout): StructMembers {
  return { offset: 0, members: layout.members, title: `struct ${layout.name}` };
}

/** The member at a path such as `task.comm`; undefined when there is none. */
export function findMember(scope: StructMembers, path: string): FoundMember | undefined {
  const [first = "", ...rest] = path.split(".");
  const member = scope.members.find(({ name }) => name === first);
  if (member === undefined) return undefined;
  const found = { ...member, offset: scope.offset + member.offset };
  return rest.length === 0 ? found : findMember(innerMembers(found, scope), rest.join("."));
}

/** The members of a struct that is itself a member. */
export function innerMembers(member: FoundMember, outer: StructMembers): StructMembers {
  return { offset: member.offset, members: member.members ?? [], title: `${outer.title}.${member.name}` };
}

const integerKinds: ReadonlySet<string> = new Set(["uint", "int", "bool", "enum", "pointer"]);

export function isInteger(type: MemberType): boolean {
  return integerKinds.has(type.kind) && [1, 2, 4, 8].includes(type.size);
}

/** An integer member (see {@link isInteger}) as code reads it. */
export function boundInteger(member: FoundMember, bigEndian = false): BoundInteger {
  const { offset, size, signed } = member;
  if (member.bitSize === undefined) return { offset, size, signed, bigEndian };
  return { offset, size, signed, bigEndian, bits: { offset: member.bitOffset ?? 0, size: member.bitSize } };
}

/** Number of bits that the values of an integer member have. */
export function bitsOf(integer: BoundInteger): number {
  return integer.bits?.size ?? integer.size * 8;
}
