/** Patches generated code into the function of a precompiled filter object (bpf/filter/filter-slot.h). */
import { filterTooLong } from "../base/errors.ts";
import { dumpCode } from "../base/generated-code.ts";
import { elfSections } from "../libbpf/elf-sections.ts";
import { instructionBytes } from "./ebpf.ts";

/** Elf64_Ehdr: where the table of sections is. Elf64_Shdr: size of an entry; a section's place and size (elf(5)). */
const header = { sections: 40 } as const;
const section = { bytes: 64, offset: 24, size: 32 } as const;
/** Elf64_Sym: size of an entry; name, index of the section, size. The function begins its section. */
const symbol = { bytes: 24, name: 0, section: 6, size: 16 } as const;

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The entry of the symbol table for a name. */
function findSymbol(object: Uint8Array, name: string): DataView {
  const sections = elfSections(object);
  const [symbols, strings] = [sections.get(".symtab"), sections.get(".strtab")];
  if (!symbols || !strings) throw new Error("a filter object lacks symbols");
  const names = Buffer.from(strings.buffer, strings.byteOffset, strings.byteLength);
  for (let at = 0; at < symbols.length; at += symbol.bytes) {
    const entry = viewOf(symbols.subarray(at, at + symbol.bytes));
    const start = entry.getUint32(symbol.name, true);
    if (names.toString("latin1", start, names.indexOf(0, start)) === name) return entry;
  }
  throw new Error(`a filter object lacks the function ${name}`);
}

/**
 * A copy of a filter object whose function is `code`, at its exact length.
 *
 * @param kind what the code is, for the error: "packet filter"
 * @throws TraceError when there are more instructions than room
 */
export function patchFunction(object: Uint8Array, name: string, code: Uint8Array, kind: string): Uint8Array {
  const filled = new Uint8Array(object);
  const elf = viewOf(filled);
  const entry = findSymbol(filled, name);
  const room = Number(entry.getBigUint64(symbol.size, true));
  if (code.length > room) throw filterTooLong(kind, code.length / instructionBytes, room / instructionBytes);
  const sectionEntry = Number(elf.getBigUint64(header.sections, true)) + section.bytes * entry.getUint16(symbol.section, true);
  const length = BigInt(code.length);
  filled.set(code, Number(elf.getBigUint64(sectionEntry + section.offset, true)));
  entry.setBigUint64(symbol.size, length, true);
  elf.setBigUint64(sectionEntry + section.size, length, true);
  dumpCode(name, "bpf.o", filled);
  return filled;
}
