/** Variables of an opened BPF object by name: load-time constants in `.rodata`, live ones in `.bss`. */
import { constantMissing } from "../base/errors.ts";
import { Btf } from "../kernel/btf.ts";
import { type StructLayout, structLayout } from "../kernel/struct-layout.ts";
import type { BpfObject } from "../libbpf/bpf-object.ts";

interface Variable {
  readonly section: string;
  readonly offset: number;
  readonly size: number;
  readonly typeId: number;
}

/** Reads and writes the global variables of one object. */
export class GlobalData {
  readonly #object: BpfObject;
  readonly #btf: Btf;
  readonly #variables = new Map<string, Variable>();
  readonly #memory = new Map<string, DataView>();

  constructor(object: BpfObject) {
    this.#object = object;
    this.#btf = Btf.parse(object.btf());
    for (const section of [".rodata", ".bss", ".data"]) this.#index(section);
  }

  /** Names of all variables. */
  names(): readonly string[] {
    return [...this.#variables.keys()];
  }

  has(name: string): boolean {
    return this.#variables.has(name);
  }

  /** Sets an integer variable of 1, 2, 4 or 8 bytes. Constants only before load. @throws TraceError when there is none */
  set(name: string, value: number | bigint | boolean): void {
    const variable = this.#variable(name);
    const view = this.#view(variable.section);
    const bits = BigInt.asUintN(64, BigInt(value));
    for (let byte = 0; byte < Math.min(variable.size, 8); byte++) {
      view.setUint8(variable.offset + byte, Number((bits >> BigInt(8 * byte)) & 0xffn));
    }
  }

  /** Byte-wide view of a variable's live memory, e.g. to poll it without a lookup by name. */
  live(name: string): DataView {
    const variable = this.#variable(name);
    const view = this.#view(variable.section);
    return new DataView(view.buffer, view.byteOffset + variable.offset, variable.size);
  }

  /** The struct that the `layout` member of a `RETIS_SECTION` variable points to. */
  sectionLayout(name: string): StructLayout {
    const variable = this.#variable(name);
    const pointer = this.#btf.members(variable.typeId).find((member) => member.name === "layout");
    const type = pointer && this.#btf.type(this.#btf.resolve(pointer.typeId));
    const layout = type?.kind === "ptr" ? structLayout(this.#btf, this.#btf.resolve(type.typeId)) : undefined;
    if (!layout) throw constantMissing(name, this.#object.name);
    return layout;
  }

  /** Forgets mapped addresses; call after load, which moves writable sections to memory shared with the kernel. */
  remap(): void {
    this.#memory.clear();
  }

  #index(section: string): void {
    const id = this.#btf.findByName(section, "datasec");
    const type = id === undefined ? undefined : this.#btf.type(id);
    if (type?.kind !== "datasec") return;
    for (const { typeId, offset, size } of type.variables) {
      const variable = this.#btf.type(typeId);
      if (variable.kind === "var") this.#variables.set(variable.name, { section, offset, size, typeId: this.#btf.resolve(variable.typeId) });
    }
  }

  #variable(name: string): Variable {
    const variable = this.#variables.get(name);
    if (!variable) throw constantMissing(name, this.#object.name);
    return variable;
  }

  #view(section: string): DataView {
    const known = this.#memory.get(section) ?? new DataView(this.#object.map(section)?.memory() ?? new ArrayBuffer(0));
    this.#memory.set(section, known);
    return known;
  }
}
