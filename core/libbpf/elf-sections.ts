/** Sections of an object file by name, as far as BPF objects need. */
import { MemoryBytes } from "../base/byte-source.ts";
import { ElfFile } from "../base/elf-file.ts";

/**
 * Contents of all sections by name, as views of `object`; of several with one name the first.
 * @throws RangeError saying what is wrong with the bytes, to be used inside another message
 */
export function elfSections(object: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const file = new ElfFile(new MemoryBytes(object));
  const sections = new Map<string, Uint8Array>();
  for (const section of file.sections) {
    if (section.name !== "" && !sections.has(section.name)) sections.set(section.name, file.content(section, object.length));
  }
  return sections;
}
