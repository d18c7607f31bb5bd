/**
 * The two tables that make BTF quick to use: where each type starts, and a hash table from name to type. Both are
 * plain typed arrays over the original bytes, so that no object or string exists for types that are not looked up.
 */
import type { BtfStrings } from "./btf-strings.ts";
import { type BtfKind, btfKinds, kindNumber } from "./btf-types.ts";
import { NameIndex, typePositions as findPositions } from "./name-index.ts";

/** The sections of a BTF blob. Source: Documentation/bpf/btf.rst, "BTF Type and String Encoding". */
export interface BtfSections {
  /** The type section as 32-bit words. */
  readonly words: Uint32Array;
  /** The string section: names ended by a zero byte. */
  readonly strings: Uint8Array;
  /** Words that follow a type of kinds that we do not know, `[fixed, per element]` by kind; empty before Linux 7. */
  readonly layout: readonly (readonly [fixed: number, perElement: number])[];
}

const magic = 0xeb9f;
const headerBytes = 24;
const headerBytesWithLayout = 32;

/** Finds the sections. Throws an Error saying what is wrong when the header or its bounds are not those of BTF. */
export function btfSections(bytes: Uint8Array): BtfSections {
  if (bytes.byteLength < headerBytes) throw new Error("it is shorter than a BTF header");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint16(0, true) !== magic) {
    throw new Error(view.getUint16(0, false) === magic ? "it is big-endian BTF" : "it does not start with the BTF magic");
  }
  if (bytes[2] !== 1) throw new Error(`its BTF version is ${bytes[2]}: only version 1 is known`);
  const headerLength = view.getUint32(4, true);
  const slice = (offsetField: number): Uint8Array => {
    const start = headerLength + view.getUint32(offsetField, true);
    const end = start + view.getUint32(offsetField + 4, true);
    if (end > bytes.byteLength) throw new Error("a BTF section reaches beyond the end");
    return bytes.subarray(start, end);
  };
  const strings = slice(16);
  if (strings.length > 0 && strings[strings.length - 1] !== 0) throw new Error("the last BTF string does not end");
  const layout = headerLength >= headerBytesWithLayout ? layoutTable(slice(24)) : [];
  return { words: asWords(slice(8)), strings, layout };
}

/** `struct btf_layout { u8 info_sz; u8 elem_sz; u16 flags }` for each kind. */
function layoutTable(bytes: Uint8Array): BtfSections["layout"] {
  return Array.from({ length: bytes.length >> 2 }, (_, kind) => [bytes[kind * 4]! >> 2, bytes[kind * 4 + 1]! >> 2] as const);
}

/** A word view; copies when the section is not on a word boundary, which typed arrays demand. */
function asWords(section: Uint8Array): Uint32Array {
  const aligned = section.byteOffset % 4 === 0 ? section : new Uint8Array(section);
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >> 2);
}

/** Kind number of the type whose second word is `info`. */
export function kindOfInfo(info: number): number {
  // Bits 24-28 until Linux 6, 24-30 later; the added bits were always zero.
  return (info >>> 24) & 0x7f;
}

/** Number of elements (members, values, parameters) of the type whose second word is `info`. */
export function lengthOfInfo(info: number): number {
  // Bits 0-15 until Linux 6, 0-23 later; the added bits were always zero.
  return info & 0xff_ffff;
}

/** Words of a type by kind number, 0 for one that is not known: the fixed part, three of which all kinds have, and the part per element. */
const fixedWords = new Uint8Array(128).fill(3, 1, btfKinds.length);
const wordsPerElement = new Uint8Array(128);
for (const [kind, fixed, perElement] of [
  ["int", 1, 0],
  ["array", 3, 0],
  ["struct", 0, 3],
  ["union", 0, 3],
  ["enum", 0, 2],
  ["funcProto", 0, 2],
  ["var", 1, 0],
  ["datasec", 0, 3],
  ["declTag", 1, 0],
  ["enum64", 0, 3],
] as const satisfies readonly (readonly [BtfKind, number, number])[]) {
  fixedWords[kindNumber(kind)] = 3 + fixed;
  wordsPerElement[kindNumber(kind)] = perElement;
}

/**
 * Word position of each type, in order of id. Throws an Error when a type is cut off or of a kind whose length is not
 * known.
 */
export function typePositions({ words, layout }: BtfSections): Uint32Array {
  const [fixed, elements] = [fixedWords.slice(), wordsPerElement.slice()];
  for (const [kind, [words, perElement]] of layout.entries()) {
    if (kind < btfKinds.length || kind >= fixed.length) continue;
    fixed[kind] = 3 + words;
    elements[kind] = perElement;
  }
  const positions = findPositions(words, fixed, elements);
  if (positions === -1) throw new Error("its last BTF type is truncated");
  if (typeof positions === "number") throw new Error(`unknown BTF kind ${-2 - positions}`);
  return positions;
}

/** Kinds that are found by name. Tags are not: thousands of types share the name of one tag. */
const indexedKinds = new Uint8Array(128);
for (const kind of [
  "int",
  "struct",
  "union",
  "enum",
  "fwd",
  "typedef",
  "func",
  "var",
  "datasec",
  "float",
  "enum64",
] as const satisfies readonly BtfKind[]) {
  indexedKinds[kindNumber(kind)] = 1;
}

/** From names to types. */
export class BtfNameIndex {
  readonly #index: NameIndex;

  constructor(
    private readonly words: Uint32Array,
    private readonly positions: Uint32Array,
    private readonly strings: BtfStrings,
  ) {
    this.#index = NameIndex.ofTypes(words, positions, indexedKinds, strings.bytes, strings.base?.bytes);
  }

  /** Indexes (into the type positions) of the types with this name, lowest first. */
  find(name: string): Iterable<number> {
    return this.#index.find(name, (index, wanted) => this.strings.equals(this.words[this.positions[index]!]!, wanted));
  }
}
