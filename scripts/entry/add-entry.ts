/** Makes code of ours the entry point of an ELF executable (elf(5)); it goes on at the entry point that was there. */

const programHeaderSize = 56;
const sectionHeaderSize = 64;
const PT_LOAD = 1;
const PT_NOTE = 4;
const PF_X = 1;
const PF_R = 4;
const SHT_PROGBITS = 1;
const SHF_ALLOC = 2n;
const SHF_EXECINSTR = 4n;
/** The largest page of the architectures that are supported. */
const pageSize = 0x10000;
/** The code begins with the distance from its entry to the one that was there, in bytes; then comes its entry. */
const entryOffset = 8;
const sectionName = ".retis_entry";

function alignUp(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}

/**
 * The executable with one more segment, and a section for it, so that tools such as strip(1) keep it. The segment takes the
 * header of the note, the build id of Bun, as the table has no room for another one.
 *
 * @param executable 64-bit, little-endian
 * @param code as linked by entry.ld
 * @throws Error when the executable has no note or no section names
 */
export function addEntry(executable: Uint8Array, code: Uint8Array): Uint8Array {
  const view = new DataView(executable.buffer, executable.byteOffset, executable.byteLength);
  const headersAt = Number(view.getBigUint64(0x20, true));
  const headers = Array.from({ length: view.getUint16(0x38, true) }, (_, index) => {
    const at = headersAt + index * programHeaderSize;
    const bytes = new Uint8Array(executable.subarray(at, at + programHeaderSize));
    return { bytes, fields: new DataView(bytes.buffer) };
  });
  const isOf = (type: number) => (header: (typeof headers)[number]) => header.fields.getUint32(0, true) === type;
  const note = headers.findIndex(isOf(PT_NOTE));
  if (note < 0) throw new Error("Cannot add the entry code: the executable has no note to replace");

  const end = Math.max(
    ...headers.filter(isOf(PT_LOAD)).map(({ fields }) => Number(fields.getBigUint64(16, true) + fields.getBigUint64(40, true))),
  );
  const address = alignUp(end, pageSize);
  const codeAt = alignUp(executable.length, pageSize);

  const [segment] = headers.splice(note, 1);
  const fields = segment!.fields;
  fields.setUint32(0, PT_LOAD, true);
  fields.setUint32(4, PF_R | PF_X, true);
  for (const [at, value] of [codeAt, address, address, code.length, code.length, pageSize].entries())
    fields.setBigUint64(8 + at * 8, BigInt(value), true);
  headers.splice(headers.findLastIndex(isOf(PT_LOAD)) + 1, 0, segment!);

  const sections = withSection(view, executable, { address, codeAt, size: code.length });
  const namesAt = codeAt + code.length;
  const tableAt = alignUp(namesAt + sections.names.length, 8);
  const result = new Uint8Array(tableAt + sections.table.length);
  result.set(executable);
  result.set(code, codeAt);
  result.set(sections.names, namesAt);
  result.set(sections.table, tableAt);
  for (const [index, { bytes }] of headers.entries()) result.set(bytes, headersAt + index * programHeaderSize);

  const out = new DataView(result.buffer);
  const entry = BigInt(address + entryOffset);
  out.setBigInt64(codeAt, view.getBigUint64(0x18, true) - entry, true);
  out.setBigUint64(0x18, entry, true);
  out.setBigUint64(0x28, BigInt(tableAt), true);
  out.setUint16(0x3c, view.getUint16(0x3c, true) + 1, true);
  // The names, whose header moved with the table.
  const namesHeader = tableAt + view.getUint16(0x3e, true) * sectionHeaderSize;
  out.setBigUint64(namesHeader + 24, BigInt(namesAt), true);
  out.setBigUint64(namesHeader + 32, BigInt(sections.names.length), true);
  return result;
}

interface Placed {
  readonly address: number;
  readonly codeAt: number;
  readonly size: number;
}

/** The table of sections with one more at its end, and their names. */
function withSection(view: DataView, executable: Uint8Array, { address, codeAt, size }: Placed) {
  const tableAt = Number(view.getBigUint64(0x28, true));
  const count = view.getUint16(0x3c, true);
  const namesHeader = tableAt + view.getUint16(0x3e, true) * sectionHeaderSize;
  if (count === 0) throw new Error("Cannot add the entry code: the executable has no sections");
  const namesAt = Number(view.getBigUint64(namesHeader + 24, true));
  const oldNames = executable.subarray(namesAt, namesAt + Number(view.getBigUint64(namesHeader + 32, true)));
  const names = Buffer.concat([oldNames, Buffer.from(`${sectionName}\0`)]);
  const table = new Uint8Array((count + 1) * sectionHeaderSize);
  table.set(executable.subarray(tableAt, tableAt + count * sectionHeaderSize));
  const section = new DataView(table.buffer, count * sectionHeaderSize);
  section.setUint32(0, oldNames.length, true);
  section.setUint32(4, SHT_PROGBITS, true);
  for (const [at, value] of [SHF_ALLOC | SHF_EXECINSTR, BigInt(address), BigInt(codeAt), BigInt(size)].entries())
    section.setBigUint64(8 + at * 8, value, true);
  section.setBigUint64(48, 16n, true);
  return { names, table };
}
