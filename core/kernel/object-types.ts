/** Types of a BPF object by name, from its BTF: what user space shares with programs is written down once, in C. */
import type { Btf } from "./btf.ts";
import { type LayoutMember, type StructLayout, structLayout } from "./struct-layout.ts";

/** Looks up types of one object. Every method throws an Error that names what the object lacks. */
export class ObjectTypes {
  readonly #btf: Btf;
  readonly #structs = new Map<string, StructLayout>();
  readonly #enums = new Map<string, ReadonlyMap<string, number>>();

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  /** Layout of a struct. */
  struct(name: string): StructLayout {
    const layout = this.#structs.get(name) ?? structLayout(this.#btf, name) ?? missing(`struct ${name}`);
    this.#structs.set(name, layout);
    return layout;
  }

  /** A member of a struct. */
  member(struct: string, name: string): LayoutMember {
    return this.struct(struct).members.find((member) => member.name === name) ?? missing(`member ${struct}.${name}`);
  }

  /** Elements of an array that is a member of a struct. */
  arrayLength(struct: string, name: string): number {
    return this.member(struct, name).length ?? missing(`array ${struct}.${name}`);
  }

  /** Values of an enum by name. */
  enumValues(name: string): ReadonlyMap<string, number> {
    const known = this.#enums.get(name);
    if (known) return known;
    const id = this.#btf.findByName(name, "enum") ?? missing(`enum ${name}`);
    const values = new Map(this.#btf.enumValues(id).map((entry) => [entry.name, Number(entry.value)]));
    this.#enums.set(name, values);
    return values;
  }

  /** One value of an enum. */
  enumValue(enumName: string, name: string): number {
    return this.enumValues(enumName).get(name) ?? missing(`${name} in enum ${enumName}`);
  }

  /** Number of functions whose name matches. */
  countFunctions(pattern: RegExp): number {
    return [...this.#btf.ownNames("func", (name) => pattern.test(name))].length;
  }
}

function missing(what: string): never {
  throw new Error(`a BPF object lacks ${what}`);
}
