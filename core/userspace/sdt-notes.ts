/**
 * Static probes of a program (USDT): the notes that the macros of <sys/sdt.h> leave in the section `.note.stapsdt`.
 * Source: sys/sdt.h and https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation
 */
import { type ElfFile, stringAt, viewOf, wordAt } from "../base/elf-file.ts";

/** One place of a static probe. A probe that the compiler copied (inlining, loops) has several, each with operands of its own. */
export interface SdtNote {
  readonly provider: string;
  readonly name: string;
  /** Virtual address of the probed instruction. */
  readonly address: number;
  /** Virtual address of a 16-bit counter that says whether anybody traces the probe; 0 when it has none. */
  readonly semaphore: number;
  /** Where the arguments are, e.g. `8@%rdx -4@12(%rbx)`. */
  readonly arguments: string;
}

const noteSection = ".note.stapsdt";
/** Its address says how far a program was moved (prelink) since its notes were written. */
const baseSection = ".stapsdt.base";
const owner = "stapsdt";
/** NT_STAPSDT of version 3, the only one in use since 2010. */
const noteType = 3;
const noteHeaderBytes = 12;
const addressBytes = 24;
const maxNoteBytes = 16 << 20;
const maxNotes = 65536;
/** Names come from the program's file and are shown on terminals. */
const printable = /^[\x21-\x7e]{1,256}$/;
const printableText = /^[\x20-\x7e]{0,4096}$/;

const aligned = (size: number) => (size + 3) & ~3;

/**
 * All notes of a program that can be understood, in its order; none when it has no static probes.
 * @throws RangeError when the section is cut short or too large
 */
export function sdtNotes(elf: ElfFile): readonly SdtNote[] {
  const section = elf.section(noteSection);
  if (!section) return [];
  const base = elf.section(baseSection)?.address ?? 0;
  const bytes = elf.content(section, maxNoteBytes);
  const view = viewOf(bytes);
  const notes: SdtNote[] = [];
  for (let at = 0; at + noteHeaderBytes <= bytes.length && notes.length < maxNotes; ) {
    const nameSize = view.getUint32(at, true);
    const descriptionSize = view.getUint32(at + 4, true);
    const nameStart = at + noteHeaderBytes;
    const start = nameStart + aligned(nameSize);
    const end = start + descriptionSize;
    if (nameSize > bytes.length || descriptionSize > bytes.length || end > bytes.length) break;
    const isOurs = view.getUint32(at + 8, true) === noteType && stringAt(bytes.subarray(nameStart, nameStart + nameSize), 0) === owner;
    const note = isOurs ? readNote(bytes.subarray(start, end), base) : undefined;
    if (note) notes.push(note);
    at = start + aligned(descriptionSize);
  }
  return notes;
}

function readNote(description: Uint8Array, base: number): SdtNote | undefined {
  if (description.length < addressBytes) return undefined;
  const view = viewOf(description);
  const [address, linkBase, semaphore] = [wordAt(view, 0), wordAt(view, 8), wordAt(view, 16)];
  const moved = base !== 0 && linkBase !== 0 ? base - linkBase : 0;
  const [provider = "", name = "", operands = ""] = Buffer.from(description.subarray(addressBytes)).toString("latin1").split("\0");
  const usable = Number.isFinite(address) && Number.isFinite(semaphore) && Number.isFinite(moved);
  if (!usable || !printable.test(provider) || !printable.test(name) || !printableText.test(operands)) return undefined;
  return { provider, name, address: address + moved, semaphore: semaphore === 0 ? 0 : semaphore + moved, arguments: operands };
}
