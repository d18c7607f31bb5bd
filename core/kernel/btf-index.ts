/**
 * The two tables that make BTF quick to use: where each type starts, and a hash table from name to type. Both are
 * plain typed arrays over the original bytes, so that no object or string exists for types that are not looked up.
 */
import { type BtfStrings, hashOfName, spread } from "./btf-strings.ts";
import { type BtfKind, btfKinds, kindNumber } from "./btf-types.ts";

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

/** Words of a type by kind number: the fixed part, three of which all kinds have, and the part per element. */
const fixedWords = new Uint8Array(128).fill(3);
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
  const known = btfKinds.length;
  const end = words.length - 2;
  // A type takes at least three words, so this is an upper bound.
  const positions = new Uint32Array(Math.floor(words.length / 3));
  let count = 0;
  let at = 0;
  while (at < end) {
    positions[count++] = at;
    const info = words[at + 1]!;
    const kind = (info >>> 24) & 0x7f;
    const elements = info & 0xff_ffff;
    at += kind > 0 && kind < known ? fixedWords[kind]! + wordsPerElement[kind]! * elements : 3 + unknownKindWords(layout, kind, elements);
  }
  if (at !== words.length) throw new Error("its last BTF type is truncated");
  return positions.subarray(0, count);
}

function unknownKindWords(layout: BtfSections["layout"], kind: number, length: number): number {
  const entry = kind === 0 ? undefined : layout[kind];
  if (entry === undefined) throw new Error(`unknown BTF kind ${kind}`);
  return entry[0] + entry[1] * length;
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

/**
 * Hash table with open addressing from names to types. A slot holds the index of a type plus one, 0 is free. Types are
 * entered in order of id, so that probing meets equal names with the lowest id first.
 */
export class BtfNameIndex {
  readonly #slots: Uint32Array;

  constructor(
    private readonly words: Uint32Array,
    private readonly positions: Uint32Array,
    private readonly strings: BtfStrings,
  ) {
    this.#slots = nameSlots(words, positions, strings);
  }

  /** Indexes (into the type positions) of the types with this name, lowest first. */
  *find(name: string): Generator<number> {
    const wanted = encoder.encode(`${name}\0`);
    const mask = this.#slots.length - 1;
    for (let slot = hashOfName(wanted, 0) & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]!;
      if (entry === 0) return;
      if (this.strings.equals(this.words[this.positions[entry - 1]!]!, wanted)) yield entry - 1;
    }
  }
}

const encoder = new TextEncoder();

/**
 * Fills the hash table. This loop runs over every type of the kernel before the compiler has warmed up, so it works on
 * local variables only and has {@link hashOfName} written out.
 */
function nameSlots(words: Uint32Array, positions: Uint32Array, strings: BtfStrings): Uint32Array {
  let capacity = 16;
  while (capacity < positions.length * 2) capacity *= 2;
  const mask = capacity - 1;
  const slots = new Uint32Array(capacity);
  const kinds = indexedKinds;
  const { bytes, start } = strings;
  const end = bytes.length;
  for (let index = 0; index < positions.length; index++) {
    const at = positions[index]!;
    const nameOffset = words[at]!;
    if (nameOffset === 0 || kinds[(words[at + 1]! >>> 24) & 0x7f] === 0) continue;
    let hash: number;
    if (nameOffset < start) {
      hash = strings.hash(nameOffset);
    } else {
      hash = 0;
      for (let from = nameOffset - start; from < end; from++) {
        const byte = bytes[from]!;
        if (byte === 0) break;
        hash = (hash << 5) ^ (hash >>> 27) ^ byte;
      }
      hash = spread(hash);
    }
    let slot = hash & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = index + 1;
  }
  return slots;
}
