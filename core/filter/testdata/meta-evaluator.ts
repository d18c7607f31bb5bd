/**
 * What a meta filter means, implemented a second time: walks an image's memory step by step, with exact integers and without
 * knowing anything of how the filter is compiled. The struct layouts come from core/kernel, not from the resolver.
 */
import type { Btf } from "../../kernel/btf.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { fieldType, type FieldType, type LayoutMember, structLayout } from "../../kernel/struct-layout.ts";
import type { Expression, Literal, Member, Operator, Term } from "../meta-expression.ts";
import { type MetaImage, places } from "./meta-image.ts";

/** Something of a known type at an address. */
interface Spot {
  readonly type: FieldType & { readonly bitOffset?: number; readonly bitSize?: number };
  readonly address: bigint;
}

/** Thrown when memory cannot be read. */
class Unreadable extends Error {}

/** Address of each root but the skb; undefined or 0 when there is none. */
export type RootAddresses = Readonly<Record<string, bigint | undefined>>;

/** Types that were looked up, as there are only a few but they are looked up often. */
const types = new WeakMap<Kernel, Map<number, FieldType>>();

export class MetaEvaluator {
  readonly #btf: Btf;

  constructor(
    private readonly kernel: Kernel,
    private readonly image: MetaImage,
    private readonly roots: RootAddresses,
  ) {
    this.#btf = kernel.vmlinux;
  }

  evaluate(expression: Expression): boolean {
    switch (expression.kind) {
      case "and":
        return this.evaluate(expression.left) && this.evaluate(expression.right);
      case "or":
        return this.evaluate(expression.left) || this.evaluate(expression.right);
      case "not":
        return !this.evaluate(expression.operand);
      case "term":
        return readable(() => this.#term(expression)) ?? false;
    }
  }

  /** The number that a term is about, mask applied; undefined when it cannot be read. */
  number(term: Term): bigint | undefined {
    return readable(() => this.#masked(this.#reach(term), term.members.at(-1)!));
  }

  /** Bytes of the address that a term is about; undefined when they cannot be read. */
  bytes(term: Term, count: number): Uint8Array | undefined {
    return readable(() => this.#addressBytes(this.#reach(term), term.members.at(-1)!, count));
  }

  #term(term: Term): boolean {
    const spot = this.#reach(term);
    const member = term.members.at(-1)!;
    if (term.comparison === undefined) return this.#masked(spot, member) !== 0n;
    const { operator, literal } = term.comparison;
    switch (literal.kind) {
      case "number":
        return compare(operator, this.#masked(spot, member), literal.value);
      case "constant":
        return compare(operator, this.#masked(spot, member), this.#constant(literal.name));
      case "text":
        if (spot.type.kind === "enum")
          return compare(operator, this.#masked(spot, member), this.#constant(Buffer.from(literal.bytes).toString()));
        return (operator === "==") === this.#isText(spot, member, Buffer.from(literal.bytes));
      case "address":
        return (operator === "==") === this.#isAddress(spot, member, literal);
    }
  }

  #constant(name: string): bigint {
    for (let id = this.#btf.firstId; id < this.#btf.endId; id++) {
      const found = this.#btf.enumValues(id).find((entry) => entry.name === name);
      if (found) return BigInt(found.value);
    }
    throw new Error(`no constant ${name}`);
  }

  #isText(spot: Spot, member: Member, wanted: Buffer): boolean {
    if (spot.type.kind !== "pointer") {
      const { length } = spot.type;
      const seen = this.#read(spot.address, length === 0 ? wanted.length + 1 : Math.min(length!, wanted.length + 1));
      const end = seen.indexOf(0);
      return Buffer.from(seen.subarray(0, end < 0 ? seen.length : end)).equals(wanted);
    }
    const start = this.#target(spot, member.mask?.value);
    for (let index = 0; ; index++) {
      const [byte = 0] = this.#read(start + BigInt(index), 1);
      if (index === wanted.length) return byte === 0;
      if (byte !== wanted[index]) return false;
    }
  }

  #isAddress(spot: Spot, member: Member, { bytes }: Literal & { readonly kind: "address" }): boolean {
    if (member.mask && spot.type.kind !== "pointer") {
      const wanted = [...bytes].reverse().reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
      return this.#masked(spot, member) === wanted;
    }
    return Buffer.from(this.#addressBytes(spot, member, bytes.length)).equals(Buffer.from(bytes));
  }

  #addressBytes(spot: Spot, member: Member, count: number): Uint8Array {
    return this.#read(spot.type.kind === "pointer" ? this.#target(spot, member.mask?.value) : spot.address, count);
  }

  #reach({ root, members }: Term): Spot {
    const address = root.name === "sk_buff" ? this.image.base + BigInt(places.skb) : this.roots[root.name];
    if (!address) throw new Unreadable();
    let spot: Spot = { type: this.#type(this.#btf.findByName(root.name, "struct")!), address };
    members.forEach((member, index) => {
      if (index > 0) spot = this.#enter(spot, members[index - 1]!);
      const found = spot.type.members!.find(({ name }) => name === member.name)!;
      spot = { type: found, address: spot.address + BigInt(found.offset) };
      for (const { value } of member.indexes) spot = this.#element(spot, value);
    });
    return spot;
  }

  #enter(spot: Spot, { mask, cast }: Member): Spot {
    if (cast) return { type: this.#struct(cast.name), address: this.#target(spot, mask?.value) };
    if (spot.type.kind !== "pointer") return spot;
    return { type: this.#pointee(spot), address: this.#target(spot, mask?.value) };
  }

  #element(spot: Spot, index: number): Spot {
    if (spot.type.kind !== "pointer") return { type: spot.type.element!, address: spot.address + BigInt(index * spot.type.element!.size) };
    const type = this.#pointee(spot);
    return { type, address: this.#target(spot, undefined) + BigInt(index * type.size) };
  }

  #struct(name: string): FieldType {
    const { members, size } = structLayout(this.#btf, name)!;
    return { kind: "struct", size, signed: false, typeName: name, typeId: 0, members: members as readonly LayoutMember[] };
  }

  #pointee(spot: Spot): FieldType {
    const pointer = this.#btf.type(spot.type.typeId);
    return this.#type(pointer.kind === "ptr" ? pointer.typeId : 0);
  }

  #type(id: number): FieldType {
    const known = types.get(this.kernel) ?? new Map<number, FieldType>();
    types.set(this.kernel, known);
    const type = known.get(id) ?? fieldType(this.#btf, id);
    known.set(id, type);
    return type;
  }

  /** Where a pointer leads. */
  #target(spot: Spot, mask: bigint | undefined): bigint {
    const value = integer(this.#read(spot.address, 8)) & (mask ?? ~0n);
    if (value === 0n) throw new Unreadable();
    return value;
  }

  #masked(spot: Spot, { mask }: Member): bigint {
    const { type, address } = spot;
    const shift = type.bitOffset ?? 0;
    const bits = type.bitSize ?? type.size * 8;
    const raw = integer(this.#read(address, Math.ceil((shift + bits) / 8))) >> BigInt(shift);
    return (type.signed ? BigInt.asIntN(bits, raw) : BigInt.asUintN(bits, raw)) & (mask?.value ?? -1n);
  }

  #read(address: bigint, size: number): Uint8Array {
    const { memory, base } = this.image;
    const at = Number(address - base);
    if (address < base || at + size > memory.length) throw new Unreadable();
    return memory.subarray(at, at + size);
  }
}

function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

function integer(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function compare(operator: Operator, left: bigint, right: bigint): boolean {
  switch (operator) {
    case "==":
      return left === right;
    case "!=":
      return left !== right;
    case ">=":
      return left >= right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    case "<":
      return left < right;
  }
}
