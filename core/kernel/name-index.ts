/**
 * Name tables over the kernel's types and symbols. What goes over all entries of the kernel is compiled C
 * (native/name-index.c): this is done once in a process, before code in JavaScript would have been compiled.
 */
import { addressOf } from "../libbpf/libc.ts";
import { openLibrary } from "../libbpf/native-library.ts";
import source from "./native/name-index.so" with { type: "file" };

const declarations = {
  retis_type_positions: { args: ["ptr", "u64", "ptr", "ptr", "ptr"], returns: "i64" },
  retis_index_types: { args: ["ptr", "ptr", "u32", "ptr", "ptr", "u64", "ptr", "u64", "ptr", "u32"], returns: "void" },
  retis_functions_taking: { args: ["ptr", "ptr", "ptr", "ptr", "u32", "u32", "ptr", "u32", "ptr"], returns: "u32" },
  retis_split_symbols: { args: ["ptr", "u64", "ptr", "ptr"], returns: "u32" },
  retis_index_symbols: { args: ["ptr", "u64", "ptr", "u32", "ptr", "u32"], returns: "void" },
} as const;

function open() {
  return openLibrary("name-index.so", source, declarations);
}

let opened: ReturnType<typeof open> | undefined;

function library(): ReturnType<typeof open> {
  return (opened ??= open());
}

/** Bytes before the name in a line of kallsyms: address, space, type, space. */
const symbolNameOffset = 19;

const encoder = new TextEncoder();

/** Hash of the name from `start` up to a zero byte or the end. */
function hashOfName(bytes: Uint8Array): number {
  let hash = 0;
  for (let at = 0; bytes[at]; at++) hash = (hash << 5) ^ (hash >>> 27) ^ bytes[at]!;
  const product = Math.imul(hash, 0x9e3779b1);
  return product ^ (product >>> 15);
}

/** A hash table with open addressing: a slot holds the index of an entry plus one, 0 is free. */
export class NameIndex {
  /** @param slots a power of two, at least one of them free */
  private constructor(private readonly slots: Uint32Array) {}

  /** Room for so many names, to be filled. */
  static #slots(count: number): Uint32Array {
    let capacity = 16;
    while (capacity < count * 2) capacity *= 2;
    return new Uint32Array(capacity);
  }

  /**
   * Of the types at these positions.
   * @param words the type section
   * @param indexed by number of a kind: 1 where its names are entered
   * @param strings of this BTF, and before them those of the BTF that it continues
   */
  static ofTypes(words: Uint32Array, positions: Uint32Array, indexed: Uint8Array, strings: Uint8Array, base?: Uint8Array): NameIndex {
    const slots = NameIndex.#slots(positions.length);
    if (positions.length === 0 || strings.length === 0) return new NameIndex(slots);
    const before = base !== undefined && base.length > 0 ? base : undefined;
    library().retis_index_types(
      addressOf(words),
      addressOf(positions),
      positions.length,
      addressOf(indexed),
      before === undefined ? null : addressOf(before),
      BigInt(before?.length ?? 0),
      addressOf(strings),
      BigInt(strings.length),
      addressOf(slots),
      slots.length - 1,
    );
    return new NameIndex(slots);
  }

  /** Of symbols whose names start here and end with a zero byte, or with the text. */
  static ofSymbols(text: Uint8Array, names: Uint32Array): NameIndex {
    const slots = NameIndex.#slots(names.length);
    if (names.length > 0) {
      const [bytes, starts] = [addressOf(text), addressOf(names)];
      library().retis_index_symbols(bytes, BigInt(text.length), starts, names.length, addressOf(slots), slots.length - 1);
    }
    return new NameIndex(slots);
  }

  /** Indexes of the entries with this name, lowest first. @param equals whether an entry has the name, which ends with a zero byte */
  *find(name: string, equals: (index: number, wanted: Uint8Array) => boolean): Generator<number> {
    const wanted = encoder.encode(`${name}\0`);
    const mask = this.slots.length - 1;
    for (let slot = hashOfName(wanted) & mask; ; slot = (slot + 1) & mask) {
      const entry = this.slots[slot]!;
      if (entry === 0) return;
      if (equals(entry - 1, wanted)) yield entry - 1;
    }
  }
}

/**
 * Where each type starts, in words.
 * @param fixed by number of a kind: words of the type as a whole; 0 for a kind that is not known
 * @param elements the same for each of its elements
 * @returns the positions; -1 if the last type is cut off, -2 - kind for a kind that is not known
 */
export function typePositions(words: Uint32Array, fixed: Uint8Array, elements: Uint8Array): Uint32Array | number {
  const positions = new Uint32Array(Math.floor(words.length / 3));
  if (positions.length === 0) return words.length === 0 ? positions : -1;
  const tables = [addressOf(fixed), addressOf(elements)] as const;
  const count = Number(library().retis_type_positions(addressOf(words), BigInt(words.length), ...tables, addressOf(positions)));
  return count < 0 ? count : positions.subarray(0, count);
}

/** Types of one BTF blob. */
export interface TypeWords {
  readonly words: Uint32Array;
  /** Where each type starts in the words. */
  readonly positions: Uint32Array;
}

/**
 * Indexes (into the type positions) of functions with a parameter that is one of the wanted types, or a pointer to one, at any
 * depth, in order.
 * @param own types of this BTF, numbered from `firstId`
 * @param base types of the BTF that it continues, numbered from 1
 */
export function functionsTaking(own: TypeWords, firstId: number, base: TypeWords | undefined, wanted: Uint32Array): Uint32Array {
  const found = new Uint32Array(own.positions.length);
  if (wanted.length === 0 || found.length === 0) return found.subarray(0, 0);
  const count = library().retis_functions_taking(
    base === undefined ? null : addressOf(base.words),
    base === undefined ? null : addressOf(base.positions),
    addressOf(own.words),
    addressOf(own.positions),
    firstId,
    own.positions.length,
    addressOf(wanted),
    wanted.length,
    addressOf(found),
  );
  return found.subarray(0, count);
}

/** Symbols in the order of the text. */
export interface SplitSymbols {
  /** Low 53 bits of each address. */
  readonly addresses: Float64Array;
  /** Where the name starts; it ends with a zero byte or with the text. */
  readonly names: Uint32Array;
}

/** Splits the text of kallsyms, and ends each name in it with a zero byte. */
export function splitSymbols(text: Uint8Array): SplitSymbols {
  const most = Math.floor(text.length / (symbolNameOffset + 1));
  const [addresses, names] = [new Float64Array(most), new Uint32Array(most)];
  const count =
    most === 0 ? 0 : library().retis_split_symbols(addressOf(text), BigInt(text.length), addressOf(addresses), addressOf(names));
  return { addresses: addresses.subarray(0, count), names: names.subarray(0, count) };
}
