/** Variables of a BPF object by name: load-time constants in `.rodata`, live ones in `.bss`. */
import type { ConstantValue } from "../api/collector.ts";
import { constantMissing, constantUnfit } from "../base/errors.ts";
import { Btf } from "../kernel/btf.ts";
import { type MapDefinition, mapDefinition } from "../kernel/map-definition.ts";
import { type StructLayout, structLayout } from "../kernel/struct-layout.ts";
import type { BpfObject } from "../libbpf/bpf-object.ts";
import { elfSections } from "../libbpf/elf-sections.ts";
import type { MappedMemory } from "../libbpf/mapped-memory.ts";

interface Variable {
  readonly section: string;
  readonly offset: number;
  readonly size: number;
  readonly typeId: number;
}

/** Where the constants are before load: in an object that is opened, or in the bytes that one is made of. */
export interface ConstantMemory {
  readonly name: string;
  /** Raw BTF, with the places of variables. */
  btf(): Uint8Array;
  /** Initial values of a section; undefined when it has none. */
  initial(section: string): DataView | undefined;
}

/** The constants in the bytes of an object, which are changed in place. */
export class LinkedConstants implements ConstantMemory {
  readonly #sections: ReadonlyMap<string, Uint8Array>;

  constructor(
    elf: Uint8Array,
    readonly name: string,
  ) {
    this.#sections = elfSections(elf);
  }

  btf(): Uint8Array {
    // A section need not begin where 32-bit words can be read.
    return this.#sections.get(".BTF")?.slice() ?? new Uint8Array(0);
  }

  initial(section: string): DataView | undefined {
    const bytes = this.#sections.get(section);
    return bytes && new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}

/** The constants of an opened object. */
export function openedConstants(object: BpfObject): ConstantMemory {
  return {
    name: object.name,
    btf: () => object.btf(),
    initial(section) {
      const memory = object.map(section)?.initialMemory();
      return memory && new DataView(memory);
    },
  };
}

/** Reads and writes the global variables of one object. */
export class GlobalData {
  readonly #memory: ConstantMemory;
  readonly #btf: Btf;
  readonly #variables = new Map<string, Variable>();
  readonly #initial = new Map<string, DataView>();
  readonly #live = new Map<string, MappedMemory>();

  #object: BpfObject | undefined;

  constructor(memory: ConstantMemory) {
    this.#memory = memory;
    this.#btf = Btf.parse(memory.btf());
    for (const section of [".rodata", ".bss", ".data"]) this.#index(section);
  }

  /** Names of all variables. */
  names(): readonly string[] {
    return [...this.#variables.keys()];
  }

  has(name: string): boolean {
    return this.#variables.has(name);
  }

  /**
   * Sets an integer variable of 1, 2, 4 or 8 bytes. Constants only before load.
   * @param value of an enum also the name of one of its values, or names of several, for their bits together
   * @throws TraceError when there is no such variable, or its enum has no such name
   */
  set(name: string, value: ConstantValue): void {
    const variable = this.#variable(name);
    const view = this.#view(variable.section);
    const bits = BigInt.asUintN(64, this.#number(name, value));
    for (let byte = 0; byte < Math.min(variable.size, 8); byte++) {
      view.setUint8(variable.offset + byte, Number((bits >> BigInt(8 * byte)) & 0xffn));
    }
  }

  /**
   * Sets a constant of a collector, like {@link set}.
   * @throws TraceError also when the variable's type cannot hold the value
   */
  setConstant(name: string, value: ConstantValue): void {
    const type = this.#btf.type(this.#variable(name).typeId);
    const unfit = (reason: string) => constantUnfit(name, this.#memory.name, reason);
    if (type.kind !== "int" && type.kind !== "enum" && type.kind !== "enum64") throw unfit("is not an integer, boolean or enum");
    if (typeof value === "number" && !Number.isSafeInteger(value)) throw unfit(`cannot be ${value}, which is not an exact integer`);
    const number = this.#number(name, value);
    const bits = BigInt(type.size * 8);
    const [lowest, highest] = rangeOf(type, bits);
    if (number < lowest || number > highest) throw unfit(`cannot be ${number}: its type holds ${lowest} to ${highest}`);
    this.set(name, value);
  }

  /** Initial value of a boolean variable; undefined when there is none. */
  initialBoolean(name: string): boolean | undefined {
    const variable = this.#variables.get(name);
    return variable && this.#view(variable.section).getUint8(variable.offset) !== 0;
  }

  /** The object that was made with these constants: from now on {@link live} works. */
  loadedAs(object: BpfObject): void {
    this.#object = object;
  }

  /** View of a variable in memory shared with the kernel; only for a loaded object and a writable section. */
  live(name: string): DataView {
    const variable = this.#variable(name);
    const mapped = this.#live.get(variable.section) ?? this.#object?.map(variable.section)?.liveMemory();
    if (!mapped) throw constantMissing(name, this.#memory.name);
    this.#live.set(variable.section, mapped);
    return new DataView(mapped.buffer, variable.offset, variable.size);
  }

  /** Gives shared memory back; no view of it may be used any more. */
  close(): void {
    for (const mapped of this.#live.values()) mapped.unmap();
    this.#live.clear();
  }

  /** The struct that the `layout` member of a `RETIS_SECTION` variable is an array of. */
  sectionLayout(name: string): StructLayout {
    const variable = this.#variable(name);
    const member = this.#btf.members(variable.typeId).find((candidate) => candidate.name === "layout");
    const type = member && this.#btf.type(this.#btf.resolve(member.typeId));
    const layout = type?.kind === "array" ? structLayout(this.#btf, this.#btf.resolve(type.elementTypeId)) : undefined;
    if (!layout) throw constantMissing(name, this.#memory.name);
    return layout;
  }

  /** How the object defines a map; undefined when it does not, or not with types. */
  mapDefinition(name: string): MapDefinition | undefined {
    return mapDefinition(this.#btf, name);
  }

  /** The number of a value in a variable. */
  #number(variable: string, value: ConstantValue): bigint {
    if (typeof value === "string") return this.#enumValue(variable, value);
    if (typeof value !== "object") return BigInt(value);
    return value.reduce((bits, name) => bits | this.#enumValue(variable, name), 0n);
  }

  #enumValue(variable: string, name: string): bigint {
    const found = this.#btf.enumValues(this.#variable(variable).typeId).find((entry) => entry.name === name);
    if (!found) throw constantMissing(`${variable} = ${name}`, this.#memory.name);
    return BigInt(found.value);
  }

  #index(section: string): void {
    const id = this.#btf.findByName(section, "datasec");
    const type = id === undefined ? undefined : this.#btf.type(id);
    if (type?.kind !== "datasec") return;
    for (const { typeId, offset, size } of type.variables) {
      const variable = this.#btf.type(typeId);
      if (variable.kind === "var")
        this.#variables.set(variable.name, { section, offset, size, typeId: this.#btf.resolve(variable.typeId) });
    }
  }

  #variable(name: string): Variable {
    const variable = this.#variables.get(name);
    if (!variable) throw constantMissing(name, this.#memory.name);
    return variable;
  }

  #view(section: string): DataView {
    const known = this.#initial.get(section) ?? this.#memory.initial(section) ?? new DataView(new ArrayBuffer(0));
    this.#initial.set(section, known);
    return known;
  }
}

/** Bits of an enum may be combined, whatever its sign. */
function rangeOf(
  type: { readonly kind: string; readonly signed: boolean; readonly bool?: boolean },
  bits: bigint,
): readonly [bigint, bigint] {
  if (type.bool === true) return [0n, 1n];
  const unsigned = (1n << bits) - 1n;
  if (!type.signed) return [0n, unsigned];
  return [-(1n << (bits - 1n)), type.kind === "int" ? unsigned >> 1n : unsigned];
}
