/**
 * BPF Type Format: the description of C types, functions and tracepoints that the kernel and BPF objects carry.
 * Source: Documentation/bpf/btf.rst and include/uapi/linux/btf.h.
 */
import { u64FromHalves, type U64 } from "../api/event.ts";
import { BtfNameIndex, btfSections, kindOfInfo, lengthOfInfo, typePositions } from "./btf-index.ts";
import { BtfStrings } from "./btf-strings.ts";
import { functionsTaking } from "./name-index.ts";
import {
  type BtfEnumValue,
  type BtfFunctionPrototype,
  type BtfKind,
  btfKinds,
  type BtfLinkage,
  type BtfMember,
  type BtfType,
} from "./btf-types.ts";

export type * from "./btf-types.ts";

/** A type and qualifier chain longer than this is a cycle. */
const longestChain = 64;
const pointerSize = 8;
const linkages: readonly BtfLinkage[] = ["static", "global", "extern"];

/** One BTF blob, read in place: types are decoded on demand, and the name index is built on the first lookup. */
export class Btf {
  readonly #words: Uint32Array;
  readonly #positions: Uint32Array;
  readonly #strings: BtfStrings;
  /** The lowest type id that is in this blob and not in the base. */
  readonly firstId: number;
  /** One more than the highest type id. */
  readonly endId: number;
  #names: BtfNameIndex | undefined;

  private constructor(
    bytes: Uint8Array,
    readonly base: Btf | undefined,
  ) {
    const sections = btfSections(bytes);
    this.#words = sections.words;
    this.#positions = typePositions(sections);
    this.#strings = new BtfStrings(sections.strings, base === undefined ? undefined : base.#strings);
    this.firstId = base?.endId ?? 1;
    this.endId = this.firstId + this.#positions.length;
  }

  /**
   * Opens BTF. `bytes` is kept, not copied, and must not change.
   * @param base the BTF that split BTF (of a kernel module) continues
   * @throws Error saying what is wrong with the bytes, to be used inside another message
   */
  static parse(bytes: Uint8Array, base?: Btf): Btf {
    return new Btf(bytes, base);
  }

  /** Id of the first type with this name, and of this kind when one is given; the base is searched first. */
  findByName(name: string, kind?: BtfKind): number | undefined {
    return this.base?.findByName(name, kind) ?? this.findOwn(name, kind);
  }

  /** As {@link findByName}, but without the base. */
  findOwn(name: string, kind?: BtfKind): number | undefined {
    this.#names ??= new BtfNameIndex(this.#words, this.#positions, this.#strings);
    for (const index of this.#names.find(name)) {
      const id = this.firstId + index;
      if (kind === undefined || this.kind(id) === kind) return id;
    }
    return undefined;
  }

  /** Ids of all types with this name, those of the base first. */
  *allNamed(name: string): Generator<number> {
    if (this.base !== undefined) yield* this.base.allNamed(name);
    this.#names ??= new BtfNameIndex(this.#words, this.#positions, this.#strings);
    for (const index of this.#names.find(name)) yield this.firstId + index;
  }

  /** Names of all types of one kind in this blob without its base, in order of id, for which the test holds. */
  *ownNames(kind: BtfKind, test: (name: string) => boolean): Generator<string> {
    for (let id = this.firstId; id < this.endId; id++) {
      if (this.kind(id) !== kind) continue;
      const name = this.name(id);
      if (test(name)) yield name;
    }
  }

  /**
   * Ids of the functions of this blob without its base that have a parameter of one of these types, or a pointer to one at any
   * depth; lowest first.
   */
  functionsTaking(types: Iterable<number>): readonly number[] {
    const base = this.base && { words: this.base.#words, positions: this.base.#positions };
    const own = { words: this.#words, positions: this.#positions };
    return Array.from(functionsTaking(own, this.firstId, base, Uint32Array.from(types)), (index) => this.firstId + index);
  }

  /** Kind of a type; void for id 0, undefined for an id or kind that does not exist. */
  kind(id: number): BtfKind | undefined {
    if (id === 0) return "void";
    const owner = this.#owner(id);
    return btfKinds[kindOfInfo(owner.#word(id, 1))];
  }

  /** Name of a type; empty for types without one. */
  name(id: number): string {
    if (id === 0) return "";
    const owner = this.#owner(id);
    return owner.#strings.text(owner.#word(id, 0));
  }

  /** One type. Throws a RangeError when the id is not in this BTF nor in its base, or its kind is not known. */
  type(id: number): BtfType {
    return id === 0 ? { kind: "void" } : this.#owner(id).#decode(id);
  }

  /** The type without typedefs, qualifiers and type tags; 0 for void. */
  resolve(id: number): number {
    for (let step = 0; step < longestChain; step++) {
      switch (this.kind(id)) {
        case "typedef":
        case "const":
        case "volatile":
        case "restrict":
        case "typeTag":
          id = this.#owner(id).#word(id, 2);
          break;
        default:
          return id;
      }
    }
    throw new RangeError(`BTF type ${id} refers to itself`);
  }

  /** Size in bytes; undefined for types without one: void, functions, forward declarations. */
  sizeOf(id: number): number | undefined {
    const type = this.type(this.resolve(id));
    switch (type.kind) {
      case "int":
      case "struct":
      case "union":
      case "enum":
      case "enum64":
      case "float":
      case "datasec":
        return type.size;
      case "ptr":
        return pointerSize;
      case "array": {
        const element = this.sizeOf(type.elementTypeId);
        return element === undefined ? undefined : element * type.length;
      }
      case "var":
        return this.sizeOf(type.typeId);
      default:
        return undefined;
    }
  }

  /** Members of a struct or union, typedefs and qualifiers followed; empty for every other type. */
  members(id: number): readonly BtfMember[] {
    const target = this.resolve(id);
    const kind = this.kind(target);
    return kind === "struct" || kind === "union" ? this.#owner(target).#members(target) : [];
  }

  /** Values of an enum (32 or 64 bit), typedefs and qualifiers followed; empty for every other type. */
  enumValues(id: number): readonly BtfEnumValue[] {
    const target = this.resolve(id);
    const type = this.type(target);
    return type.kind === "enum" || type.kind === "enum64" ? this.#owner(target).#enumValues(target, type) : [];
  }

  /** Prototype of a function by name; undefined when BTF does not describe such a function. */
  functionPrototype(name: string): BtfFunctionPrototype | undefined {
    const id = this.findByName(name, "func");
    const func = id === undefined ? undefined : this.type(id);
    const prototype = func?.kind === "func" ? this.type(func.typeId) : undefined;
    return prototype?.kind === "funcProto" ? prototype : undefined;
  }

  /** The blob that holds a type. */
  #owner(id: number): Btf {
    if (id >= this.firstId && id < this.endId) return this;
    if (this.base !== undefined && id < this.firstId) return this.base.#owner(id);
    throw new RangeError(`BTF type ${id} does not exist`);
  }

  /** A word of a type of this blob: 0 name, 1 info, 2 size or type, then what the kind adds. */
  #word(id: number, index: number): number {
    return this.#words[this.#positions[id - this.firstId]! + index]!;
  }

  #decode(id: number): BtfType {
    const name = this.name(id);
    const info = this.#word(id, 1);
    const length = lengthOfInfo(info);
    const flag = info >>> 31 === 1;
    const sizeOrType = this.#word(id, 2);
    const kind = this.kind(id);
    switch (kind) {
      case "int":
        return { kind, name, size: sizeOrType, ...intEncoding(this.#word(id, 3)) };
      case "ptr":
      case "const":
      case "volatile":
      case "restrict":
        return { kind, typeId: sizeOrType };
      case "typedef":
      case "typeTag":
        return { kind, name, typeId: sizeOrType };
      case "array":
        return { kind, elementTypeId: this.#word(id, 3), indexTypeId: this.#word(id, 4), length: this.#word(id, 5) };
      case "struct":
      case "union":
        return { kind, name, size: sizeOrType, memberCount: length };
      case "enum":
      case "enum64":
        return { kind, name, size: sizeOrType, signed: flag, valueCount: length };
      case "fwd":
        return { kind, name, of: flag ? "union" : "struct" };
      case "func":
        return { kind, name, typeId: sizeOrType, linkage: linkages[length] ?? "static" };
      case "funcProto":
        return { kind, returnTypeId: sizeOrType, parameters: this.#parameters(id, length) };
      case "var":
        return { kind, name, typeId: sizeOrType, linkage: linkages[this.#word(id, 3)] ?? "static" };
      case "datasec":
        return { kind, name, size: sizeOrType, variables: this.#sectionVariables(id, length) };
      case "float":
        return { kind, name, size: sizeOrType };
      case "declTag":
        return { kind, name, typeId: sizeOrType, componentIndex: this.#word(id, 3) | 0 };
      default:
        throw new RangeError(`BTF type ${id} is of a kind that is not known`);
    }
  }

  #parameters(id: number, length: number): BtfFunctionPrototype["parameters"] {
    return Array.from({ length }, (_, index) => ({
      name: this.#strings.text(this.#word(id, 3 + index * 2)),
      typeId: this.#word(id, 4 + index * 2),
    }));
  }

  #sectionVariables(id: number, length: number): readonly { typeId: number; offset: number; size: number }[] {
    return Array.from({ length }, (_, index) => ({
      typeId: this.#word(id, 3 + index * 3),
      offset: this.#word(id, 4 + index * 3),
      size: this.#word(id, 5 + index * 3),
    }));
  }

  #members(id: number): readonly BtfMember[] {
    const info = this.#word(id, 1);
    // With the flag, the upper byte of the offset is the size of a bitfield.
    const hasBitfields = info >>> 31 === 1;
    return Array.from({ length: lengthOfInfo(info) }, (_, index) => {
      const name = this.#strings.text(this.#word(id, 3 + index * 3));
      const typeId = this.#word(id, 4 + index * 3);
      const offset = this.#word(id, 5 + index * 3);
      return hasBitfields
        ? { name, typeId, bitOffset: offset & 0xff_ffff, bitSize: offset >>> 24 }
        : { name, typeId, ...this.#oldBitfield(typeId, offset) };
    });
  }

  /** Without the flag, a bitfield is a member whose integer type has fewer bits than its storage. */
  #oldBitfield(typeId: number, bitOffset: number): { bitOffset: number; bitSize: number } {
    const target = this.resolve(typeId);
    const type = this.kind(target) === "int" ? this.type(target) : undefined;
    if (type?.kind !== "int" || type.bits === type.size * 8) return { bitOffset, bitSize: 0 };
    return { bitOffset: bitOffset + type.bitOffset, bitSize: type.bits };
  }

  #enumValues(id: number, { kind, signed, valueCount }: { kind: BtfKind; signed: boolean; valueCount: number }): readonly BtfEnumValue[] {
    const words = kind === "enum64" ? 3 : 2;
    return Array.from({ length: valueCount }, (_, index) => {
      const name = this.#strings.text(this.#word(id, 3 + index * words));
      const low = this.#word(id, 4 + index * words);
      if (words === 2) return { name, value: signed ? low | 0 : low };
      return { name, value: enum64Value(low, this.#word(id, 5 + index * words), signed) };
    });
  }
}

/** Source: btf.rst, BTF_KIND_INT: encoding in bits 24-27, bit offset in 16-23, bits in 0-7. */
function intEncoding(word: number): { bits: number; bitOffset: number; signed: boolean; char: boolean; bool: boolean } {
  const encoding = (word >>> 24) & 0xf;
  return {
    bits: word & 0xff,
    bitOffset: (word >>> 16) & 0xff,
    signed: (encoding & 1) !== 0,
    char: (encoding & 2) !== 0,
    bool: (encoding & 4) !== 0,
  };
}

function enum64Value(low: number, high: number, signed: boolean): U64 {
  if (!signed || high >>> 31 === 0) return u64FromHalves(low, high);
  const value = BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low));
  return value >= BigInt(Number.MIN_SAFE_INTEGER) ? Number(value) : value;
}
