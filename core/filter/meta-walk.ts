/** Follows the members of a term through the running kernel's types. */
import { invalidMetaFilter } from "../base/errors.ts";
import type { Btf } from "../kernel/btf.ts";
import type { FoundType, TypeSource } from "../kernel/kernel-types.ts";
import type { Dereference, MemberPath, Root } from "./meta-condition.ts";
import type { Span } from "../base/expression-text.ts";
import type { Index, Member, Name, Term } from "./meta-expression.ts";
import { findMember, listHint, membersHint, typeName } from "./meta-members.ts";

/** What a walk reached: a value of some type, and where it is. */
export interface Reached {
  readonly btf: Btf;
  readonly typeId: number;
  readonly root: Root;
  readonly dereferences: readonly Dereference[];
  /** From where the last pointer leads, in bits. */
  readonly bitOffset: number;
  /** Width of a bitfield, otherwise 0. */
  readonly bitSize: number;
}

/** The path to something that begins on a byte. */
export function pathOf({ root, dereferences, bitOffset }: Reached): MemberPath {
  return { root, dereferences, offset: Math.floor(bitOffset / 8) };
}

/** The path that the pointer at hand leads to. */
export function pointeePath(pointer: Reached, mask: bigint | undefined): MemberPath {
  const { root, dereferences, offset } = pathOf(pointer);
  return { root, dereferences: [...dereferences, { offset, mask }], offset: 0 };
}

/** Follows a term, which begins with one of the roots, to its last member. @throws TraceError that points at what does not fit the kernel's types */
export function walkMembers(kernel: TypeSource, expression: string, { root, members }: Term, roots: readonly Root[]): Reached {
  const walk = new Walk(kernel, expression, roots);
  let at = walk.start(root);
  members.forEach((member, index) => {
    const before = members[index - 1];
    at = walk.select(before === undefined ? at : walk.enter(at, before), member);
  });
  return at;
}

class Walk {
  constructor(
    private readonly kernel: TypeSource,
    private readonly expression: string,
    private readonly roots: readonly Root[],
  ) {}

  start(name: Name): Reached {
    const root = this.roots.find((candidate) => candidate === name.name);
    if (root === undefined)
      throw this.#fault(name, `struct ${name.name} is not available to filters`, listHint("a term begins with", this.roots, name.name));
    const found = this.kernel.findType(root, "struct");
    if (found === undefined) throw this.#fault(name, `this kernel has no struct ${root}`);
    return { btf: found.btf, typeId: found.id, root, dereferences: [], bitOffset: 0, bitSize: 0 };
  }

  /** Goes from a member that is not the last one to the struct that holds the next. */
  enter(at: Reached, member: Member): Reached {
    const { btf, typeId } = at;
    const type = btf.type(btf.resolve(typeId));
    if (member.cast) return this.#cast(at, member, member.cast);
    if (type.kind === "ptr") {
      const target = this.#complete({ btf, id: btf.resolve(type.typeId), source: "" });
      if (target === undefined)
        throw this.#fault(member, `${member.name} (${typeName(btf, typeId)}) does not point to a struct with members`);
      return this.#follow(at, member, target);
    }
    if (type.kind !== "struct" && type.kind !== "union") {
      const hint =
        at.bitSize === 0 && btf.sizeOf(typeId) === 8 ? `To take it as a pointer, name its type: ${member.name}:~0:type` : undefined;
      throw this.#fault(member, `${member.name} (${typeName(btf, typeId)}) has no members`, hint);
    }
    if (member.mask) throw this.#fault(member.mask, `${member.name} (${typeName(btf, typeId)}) is not a pointer, so a mask cannot apply`);
    return at;
  }

  /** Goes to a member of the struct at hand, and to its element. */
  select(at: Reached, member: Member): Reached {
    const found = findMember(at.btf, at.typeId, member.name);
    if (found === undefined) {
      const reason = `${typeName(at.btf, at.typeId)} has no member "${member.name}"`;
      throw this.#fault(member, reason, membersHint(at.btf, at.typeId, member.name));
    }
    const reached = { ...at, typeId: found.typeId, bitOffset: at.bitOffset + found.bitOffset, bitSize: found.bitSize };
    return member.indexes.reduce((array: Reached, index) => this.#element(array, member, index), reached);
  }

  /** An element of an array, or of what a pointer leads to. */
  #element(at: Reached, member: Member, index: Index): Reached {
    const { btf } = at;
    const type = btf.type(btf.resolve(at.typeId));
    if (type.kind === "array") {
      if (type.length > 0 && index.value >= type.length)
        throw this.#fault(index, `${member.name} has ${type.length} elements, the first is 0`);
      return { ...at, typeId: type.elementTypeId, bitOffset: at.bitOffset + index.value * this.#size(btf, type.elementTypeId, index) * 8 };
    }
    if (type.kind === "ptr") {
      const { dereferences } = pointeePath(at, undefined);
      return { ...at, dereferences, typeId: type.typeId, bitOffset: index.value * this.#size(btf, type.typeId, index) * 8 };
    }
    throw this.#fault(index, `${member.name} (${typeName(btf, at.typeId)}) is not an array`);
  }

  #size(btf: Btf, typeId: number, index: Index): number {
    const size = btf.sizeOf(typeId);
    if (size === undefined) throw this.#fault(index, `the size of ${typeName(btf, typeId) || "what it points to"} is not known`);
    return size;
  }

  #cast(at: Reached, member: Member, cast: Name): Reached {
    const { btf, typeId } = at;
    const type = btf.type(btf.resolve(typeId));
    const isWord = type.kind === "int" && type.size === 8 && at.bitSize === 0;
    if (type.kind !== "ptr" && !isWord)
      throw this.#fault(cast, `${member.name} (${typeName(btf, typeId)}) is neither a pointer nor a 64-bit integer`);
    const found = (["struct", "union", "typedef"] as const)
      .map((kind) => this.kernel.findType(cast.name, kind))
      .find((entry) => entry !== undefined);
    const target = found && this.#complete({ ...found, id: found.btf.resolve(found.id) });
    if (target === undefined)
      throw this.#fault(cast, `this kernel has no struct or union ${cast.name}`, "Types of a module are known only while it is loaded");
    return this.#follow(at, member, target);
  }

  #follow(at: Reached, { mask }: Member, target: FoundType): Reached {
    const { dereferences } = pointeePath(at, mask?.value);
    return { btf: target.btf, typeId: target.id, root: at.root, dereferences, bitOffset: 0, bitSize: 0 };
  }

  /** The struct or union itself; one that is only declared here is looked for in vmlinux and all modules. */
  #complete(found: FoundType): FoundType | undefined {
    const type = found.btf.type(found.id);
    if (type.kind === "struct" || type.kind === "union") return found;
    return type.kind === "fwd" ? this.kernel.findType(type.name, type.of) : undefined;
  }

  #fault(span: Span, reason: string, hint?: string): Error {
    return invalidMetaFilter(this.expression, span, reason, hint);
  }
}
