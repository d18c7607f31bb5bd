/**
 * An ELF file: sections, and where addresses of a program are in the file. 64 bit, little-endian.
 * The file may belong to another user, so nothing it says is taken for granted: what is read has a limit, and what lies
 * outside the file is an error. Source: elf(5), System V ABI chapters 4 and 5.
 */
import type { ByteSource } from "./byte-source.ts";

export interface ElfSection {
  readonly name: string;
  /** Virtual address, 0 when it is not loaded. */
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  /** Index of a related section: of a symbol table, that of its strings. */
  readonly link: number;
  /** SHT_NOBITS: it takes no room in the file. */
  readonly empty: boolean;
}

/** Machines whose registers we know (e_machine). */
export type Machine = "x64" | "arm64";

interface Segment {
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
}

const headerBytes = 64;
const sectionHeaderBytes = 64;
const programHeaderBytes = 56;
/** e_ident: magic, ELFCLASS64, ELFDATA2LSB. */
const magic = [0x7f, 0x45, 0x4c, 0x46];
const ident64LittleEndian = [2, 1];
const machines: ReadonlyMap<number, Machine> = new Map([
  [62, "x64"],
  [183, "arm64"],
]);
/** ET_EXEC, ET_DYN. */
const programTypes = [2, 3];
const PT_LOAD = 1;
const SHT_NOBITS = 8;
/** Section names are short; a table of them is read as a whole. */
const maxNameBytes = 1 << 20;

/** A 64-bit integer as a number; what is not exact is beyond any file and any address of a program. */
export function wordAt(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : Number.POSITIVE_INFINITY;
}

/** A view of bytes that need not begin where their buffer does. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Text up to the next NUL, or to the end. */
export function stringAt(bytes: Uint8Array, start: number): string {
  const end = bytes.indexOf(0, start);
  return Buffer.from(bytes.subarray(start, end < 0 ? bytes.length : end)).toString("latin1");
}

export class ElfFile {
  /** Whether it is a program or a shared library, rather than an object to be linked. */
  readonly isProgram: boolean;
  readonly machine: Machine | undefined;
  /** Virtual address of the first instruction; 0 when it has none. */
  readonly entry: number;
  readonly sections: readonly ElfSection[];
  readonly #source: ByteSource;
  readonly #segments: readonly Segment[];

  /** @throws RangeError saying what is wrong with the file, to be used inside another message */
  constructor(source: ByteSource) {
    this.#source = source;
    if (source.size < headerBytes) throw new RangeError("it is not an ELF file");
    const header = source.read(0, headerBytes);
    if (magic.some((byte, at) => header[at] !== byte)) throw new RangeError("it is not an ELF file");
    if (ident64LittleEndian.some((byte, at) => header[magic.length + at] !== byte))
      throw new RangeError("it is not a 64-bit little-endian ELF file");
    const view = viewOf(header);
    this.isProgram = programTypes.includes(view.getUint16(16, true));
    this.machine = machines.get(view.getUint16(18, true));
    this.entry = wordAt(view, 24);
    this.#segments = this.#readSegments(wordAt(view, 32), view.getUint16(56, true));
    this.sections = this.#readSections(wordAt(view, 40), view.getUint16(60, true), view.getUint16(62, true));
  }

  /** The first section of this name. */
  section(name: string): ElfSection | undefined {
    return this.sections.find((section) => section.name === name);
  }

  /** Contents of a section. @throws RangeError when it is larger than `most` bytes or not all there */
  content(section: ElfSection, most: number): Uint8Array {
    if (section.empty) return new Uint8Array(0);
    if (section.size > most) throw new RangeError(`its section ${section.name} is too large`);
    return this.#source.read(section.offset, section.size);
  }

  /** Where the byte at a virtual address is in the file; undefined when it is not in it. */
  fileOffset(address: number): number | undefined {
    const segment = this.#segments.find((one) => address >= one.address && address - one.address < one.fileSize);
    const offset = segment && address - segment.address + segment.offset;
    return offset !== undefined && offset < this.#source.size ? offset : undefined;
  }

  /** Zero-initialised data has no bytes in the file, but the kernel finds its pages as if it had. */
  #readSegments(table: number, count: number): readonly Segment[] {
    const view = viewOf(this.#source.read(table, count * programHeaderBytes));
    const starts = Array.from({ length: count }, (_, index) => index * programHeaderBytes);
    return starts
      .filter((at) => view.getUint32(at, true) === PT_LOAD)
      .map((at) => ({ offset: wordAt(view, at + 8), address: wordAt(view, at + 16), fileSize: wordAt(view, at + 32) }));
  }

  #readSections(table: number, count: number, nameIndex: number): readonly ElfSection[] {
    // A program without section headers is legal: it has neither notes nor symbols that we could find.
    if (count === 0) return [];
    const view = viewOf(this.#source.read(table, count * sectionHeaderBytes));
    const nameHeader = nameIndex * sectionHeaderBytes;
    if (nameIndex >= count || wordAt(view, nameHeader + 32) > maxNameBytes) throw new RangeError("it has no section names");
    const names = this.#source.read(wordAt(view, nameHeader + 24), wordAt(view, nameHeader + 32));
    return Array.from({ length: count }, (_, index) => index * sectionHeaderBytes).map((at) => ({
      name: stringAt(names, view.getUint32(at, true)),
      address: wordAt(view, at + 16),
      offset: wordAt(view, at + 24),
      size: wordAt(view, at + 32),
      link: view.getUint32(at + 40, true),
      empty: view.getUint32(at + 4, true) === SHT_NOBITS,
    }));
  }
}
