/** Sections of an ELF file, as far as BPF objects need: 64 bit, little-endian. Source: elf(5), System V ABI chapter 4. */

const headerBytes = 64;
const sectionHeaderBytes = 64;
/** e_ident: magic, ELFCLASS64, ELFDATA2LSB. */
const identification = [0x7f, 0x45, 0x4c, 0x46, 2, 1];
/** A section that takes no room in the file. */
const SHT_NOBITS = 8;

interface SectionHeader {
  readonly nameOffset: number;
  readonly type: number;
  readonly offset: number;
  readonly size: number;
}

/** Reads a section header; 64-bit offsets beyond the file end up out of range and are refused by the caller. */
function sectionHeader(view: DataView, at: number): SectionHeader {
  return {
    nameOffset: view.getUint32(at, true),
    type: view.getUint32(at + 4, true),
    offset: Number(view.getBigUint64(at + 24, true)),
    size: Number(view.getBigUint64(at + 32, true)),
  };
}

function contentOf(object: Uint8Array, { type, offset, size }: SectionHeader): Uint8Array {
  if (type === SHT_NOBITS) return new Uint8Array(0);
  if (offset + size > object.length) throw new RangeError("it is truncated");
  return object.subarray(offset, offset + size);
}

function nameAt(names: Uint8Array, start: number): string {
  const end = names.indexOf(0, start);
  return Buffer.from(names.subarray(start, end < 0 ? names.length : end)).toString("latin1");
}

/**
 * Contents of all sections by name, as views of `object`; of several with one name the first.
 * @throws RangeError saying what is wrong with the bytes, to be used inside another message
 */
export function elfSections(object: Uint8Array): ReadonlyMap<string, Uint8Array> {
  if (object.length < headerBytes || identification.some((byte, at) => object[at] !== byte)) {
    throw new RangeError("it is not a 64-bit little-endian ELF file");
  }
  const view = new DataView(object.buffer, object.byteOffset, object.byteLength);
  const table = Number(view.getBigUint64(40, true));
  const count = view.getUint16(60, true);
  if (table + count * sectionHeaderBytes > object.length) throw new RangeError("it is truncated");
  const headers = Array.from({ length: count }, (_, index) => sectionHeader(view, table + index * sectionHeaderBytes));
  const nameHeader = headers[view.getUint16(62, true)];
  if (!nameHeader) throw new RangeError("it has no section names");
  const names = contentOf(object, nameHeader);
  const sections = new Map<string, Uint8Array>();
  for (const header of headers) {
    const name = nameAt(names, header.nameOffset);
    if (name !== "" && !sections.has(name)) sections.set(name, contentOf(object, header));
  }
  return sections;
}
