/** Symbols of a program: functions to probe, and variables that arguments of static probes are in. Source: elf(5). */
import { type ElfFile, type ElfSection, stringAt, viewOf, wordAt } from "../base/elf-file.ts";

export interface ProgramSymbol {
  readonly name: string;
  /** Virtual address. */
  readonly address: number;
  /** Bytes; 0 when it is unknown. */
  readonly size: number;
}

/** The full table, then that of the dynamic linker, which is all that a stripped program has. */
const tables = [".symtab", ".dynsym"];
const symbolBytes = 24;
const maxTableBytes = 256 << 20;
/** STT_OBJECT, STT_FUNC, STT_GNU_IFUNC. */
const symbolTypes = { variable: [1], function: [2, 10] } as const;
/** Names come from the program's file and are shown on terminals. */
const printable = /^[\x20-\x7e]+$/;

/**
 * Symbols of the program itself whose names are chosen, each name and address once, in the order of the file.
 * @throws RangeError when a table is cut short or too large
 */
export function programSymbols(
  elf: ElfFile,
  kind: keyof typeof symbolTypes,
  isWanted: (name: string) => boolean,
): readonly ProgramSymbol[] {
  const found = new Map<string, ProgramSymbol>();
  for (const table of tables) {
    const section = elf.section(table);
    for (const symbol of section ? tableSymbols(elf, section, kind, isWanted) : [])
      found.set(`${symbol.name} ${symbol.address}`, found.get(`${symbol.name} ${symbol.address}`) ?? symbol);
  }
  return [...found.values()];
}

/** Whether the program has names of more than what it shares with others. */
export function isStripped(elf: ElfFile): boolean {
  return elf.section(".symtab") === undefined;
}

function tableSymbols(
  elf: ElfFile,
  section: ElfSection,
  kind: keyof typeof symbolTypes,
  isWanted: (name: string) => boolean,
): readonly ProgramSymbol[] {
  const strings = elf.sections[section.link];
  if (!strings) return [];
  const names = elf.content(strings, maxTableBytes);
  const view = viewOf(elf.content(section, maxTableBytes));
  const types: readonly number[] = symbolTypes[kind];
  const found: ProgramSymbol[] = [];
  for (let at = 0; at + symbolBytes <= view.byteLength; at += symbolBytes) {
    // Undefined symbols (st_shndx 0) are those of other files.
    if (!types.includes(view.getUint8(at + 4) & 0xf) || view.getUint16(at + 6, true) === 0) continue;
    const start = view.getUint32(at, true);
    if (start >= names.length) continue;
    const name = stringAt(names, start);
    if (printable.test(name) && isWanted(name)) found.push({ name, address: wordAt(view, at + 8), size: wordAt(view, at + 16) });
  }
  return found;
}
