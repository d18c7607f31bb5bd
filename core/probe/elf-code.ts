/** Sections, symbols and relocations of a BPF object in memory, where they can be changed. Sources: elf(5), linux/bpf.h. */
import { stringAt, viewOf, wordAt } from "../base/elf-file.ts";

/**
 * Elf64_Ehdr: where the table of sections is, and how many. Elf64_Shdr, Elf64_Sym, Elf64_Rel: sizes and members; offsets in a
 * section fit in the lower half of their words.
 */
const elf = { sections: 40, sectionCount: 60, namesIndex: 62 } as const;
const sectionBytes = 64;
const header = { name: 0, type: 4, flags: 8, offset: 24, size: 32, link: 40, info: 44 } as const;
const symbolBytes = 24;
const symbol = { name: 0, section: 6, value: 8 } as const;
const relocationBytes = 16;
const relocation = { at: 0, type: 8, symbol: 12 } as const;
const SHT_PROGBITS = 1;
const SHT_SYMTAB = 2;
const SHT_REL = 9;
const SHF_EXECINSTR = 4n;

export const instructionBytes = 8;
/** Relocations of the address of a variable or map, and of a call. */
export const R_BPF_64_64 = 1;
export const R_BPF_64_32 = 10;

interface Section {
  readonly index: number;
  readonly header: DataView;
  readonly bytes: Uint8Array;
}

export interface ElfSymbol {
  readonly index: number;
  readonly name: string;
  /** Index of its section; 0 when it is in none. */
  readonly section: number;
  readonly value: number;
}

/** What the linker or loader puts into an instruction. */
export interface Relocation {
  readonly type: number;
  readonly symbol: ElfSymbol;
  /** Makes it refer to another symbol. */
  redirect(to: ElfSymbol): void;
}

/** A section with instructions. */
export interface CodeSection {
  readonly index: number;
  readonly code: DataView;
  /** By the byte offset of the instruction. */
  readonly relocations: ReadonlyMap<number, Relocation>;
  /** Takes the relocations at these offsets away. */
  removeRelocations(at: ReadonlySet<number>): void;
}

export class ElfCode {
  readonly #sections: readonly Section[];
  readonly #names: Uint8Array | undefined;
  readonly symbols: readonly ElfSymbol[];

  /** @param object an object of our linker; it is changed in place */
  constructor(object: Uint8Array) {
    const view = viewOf(object);
    const table = wordAt(view, elf.sections);
    this.#sections = Array.from({ length: view.getUint16(elf.sectionCount, true) }, (_, index) => {
      const entry = viewOf(object.subarray(table + index * sectionBytes, table + (index + 1) * sectionBytes));
      const offset = wordAt(entry, header.offset);
      return { index, header: entry, bytes: object.subarray(offset, offset + wordAt(entry, header.size)) };
    });
    this.#names = this.#sections[view.getUint16(elf.namesIndex, true)]?.bytes;
    this.symbols = this.#readSymbols();
  }

  /** The first section of this name. */
  section(name: string): { readonly index: number; readonly bytes: DataView } | undefined {
    const names = this.#names;
    const found = names && this.#sections.find((each) => stringAt(names, each.header.getUint32(header.name, true)) === name);
    return found && { index: found.index, bytes: viewOf(found.bytes) };
  }

  /** Sections with code. */
  code(): readonly CodeSection[] {
    return this.#sections
      .filter((each) => isType(each, SHT_PROGBITS) && (each.header.getBigUint64(header.flags, true) & SHF_EXECINSTR) !== 0n)
      .map((section) => this.#codeSection(section));
  }

  #readSymbols(): readonly ElfSymbol[] {
    const table = this.#sections.find((each) => isType(each, SHT_SYMTAB));
    const names = table && this.#sections[table.header.getUint32(header.link, true)]?.bytes;
    if (!table || !names) return [];
    return Array.from({ length: table.bytes.length / symbolBytes }, (_, index) => {
      const entry = viewOf(table.bytes.subarray(index * symbolBytes, (index + 1) * symbolBytes));
      return {
        index,
        name: stringAt(names, entry.getUint32(symbol.name, true)),
        section: entry.getUint16(symbol.section, true),
        value: wordAt(entry, symbol.value),
      };
    });
  }

  #codeSection({ index, bytes }: Section): CodeSection {
    const table = this.#sections.find((each) => isType(each, SHT_REL) && each.header.getUint32(header.info, true) === index);
    return {
      index,
      code: viewOf(bytes),
      relocations: table ? this.#relocations(viewOf(table.bytes)) : new Map<number, Relocation>(),
      removeRelocations(at) {
        if (table) keepRelocations(table, at);
      },
    };
  }

  #relocations(table: DataView): ReadonlyMap<number, Relocation> {
    const found = new Map<number, Relocation>();
    for (let at = 0; at < table.byteLength; at += relocationBytes)
      found.set(table.getUint32(at + relocation.at, true), {
        type: table.getUint32(at + relocation.type, true),
        symbol: this.symbols[table.getUint32(at + relocation.symbol, true)]!,
        redirect(to) {
          table.setUint32(at + relocation.symbol, to.index, true);
        },
      });
    return found;
  }
}

function isType({ header: entry }: Section, type: number): boolean {
  return entry.getUint32(header.type, true) === type;
}

/** Those that are kept move to the start of the table. */
function keepRelocations({ header: entry, bytes }: Section, except: ReadonlySet<number>): void {
  const table = viewOf(bytes);
  let kept = 0;
  for (let at = 0; at < bytes.length; at += relocationBytes) {
    if (except.has(table.getUint32(at + relocation.at, true))) continue;
    bytes.copyWithin(kept, at, at + relocationBytes);
    kept += relocationBytes;
  }
  entry.setBigUint64(header.size, BigInt(kept), true);
}
