import { readFileSync } from "node:fs";
import type { U64 } from "../api/event.ts";
import { kernelSymbolsUnavailable } from "../base/errors.ts";
import { hashOfName } from "./btf-strings.ts";

/** A symbol that an address lies in. */
export interface SymbolLocation {
  readonly name: string;
  /** Bytes from the start of the symbol. */
  readonly offset: number;
  /** Module that holds the symbol; absent for the kernel itself. */
  readonly module?: string;
}

/** An address further than this after a symbol is not part of it, but of code without symbols. */
const largestSymbol = 0x10_0000;

const addressDigits = 16;
/** After the address, a space, the type and a space. */
const nameOffset = addressDigits + 3;
const zero = 0x30;
const newline = 0x0a;
const tab = 0x09;
const space = 0x20;
const dollar = 0x24;
const openBracket = 0x5b;

/** As many names are searched for in the text; an index of all names takes longer to build than that. */
const mostSearches = 16;

/** Every symbol, in the order of the file. */
interface SymbolIndex {
  readonly count: number;
  /** Low 53 bits of each address: bits 52 to 63 of a kernel address are alike, so these decide, and sort the same way. */
  readonly addresses: Float64Array;
  /** Where the name starts; it ends with a zero byte or with the file. */
  readonly names: Uint32Array;
}

/**
 * The symbols of /proc/kallsyms, kept as the bytes of the file. There are more than a hundred thousand: what is asked once
 * or a few times is searched for in the text, and indexes, typed arrays over it, are built when first needed.
 */
export class KernelSymbols {
  /** Whether every address is zero: the kernel hides them from processes without CAP_SYSLOG, or by kptr_restrict. */
  readonly addressesHidden: boolean;
  readonly #bytes: Buffer;
  #searches = 0;
  #symbols: SymbolIndex | undefined;
  #nameSlots: Uint32Array | undefined;
  #byAddress: Uint32Array | undefined;

  private constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.addressesHidden = hasOnlyZeroAddresses(this.#bytes);
  }

  /** Number of symbols. */
  get count(): number {
    return this.#index.count;
  }

  /** Parses the text of kallsyms; the bytes are kept and changed. */
  static parse(bytes: Uint8Array): KernelSymbols {
    return new KernelSymbols(bytes);
  }

  /** Reads kallsyms, by path or from an open file. Throws a TraceError when it cannot be read or is empty. */
  static read(path: string | number): KernelSymbols {
    try {
      const symbols = KernelSymbols.parse(readFileSync(path));
      if (symbols.#bytes.length === 0) throw new Error("it is empty");
      return symbols;
    } catch (error) {
      throw kernelSymbolsUnavailable(String(path), error);
    }
  }

  get #index(): SymbolIndex {
    return (this.#symbols ??= this.#indexLines());
  }

  /** Finds address and name in each line, `address type name[\t[module]]`, and ends each name with a zero byte. */
  #indexLines(): SymbolIndex {
    const bytes = this.#bytes;
    const lines = countLines(bytes);
    const [addresses, names] = [new Float64Array(lines), new Uint32Array(lines)];
    let count = 0;
    for (let at = 0; at < bytes.length; ) {
      const name = at + nameOffset;
      let end = name;
      while (end < bytes.length && !endsName(bytes[end])) end++;
      // Names with a dollar are marks that ARM64 compilers leave in modules, not symbols.
      if (end > name && bytes[name] !== dollar) {
        addresses[count] = addressAt(bytes, at);
        names[count++] = name;
      }
      const next = bytes.indexOf(newline, end);
      bytes[end] = 0;
      at = next < 0 ? bytes.length : next + 1;
    }
    return { count, addresses, names };
  }

  /** Address of a symbol, of the first one where several have the name; undefined when unknown or hidden. */
  addressOf(name: string): bigint | undefined {
    for (const address of this.#find(name)) return fullAddress(address);
    return undefined;
  }

  /** Addresses of all symbols with this name, in the order of the file: static functions may share one. */
  addressesOf(name: string): readonly bigint[] {
    return Array.from(this.#find(name), fullAddress);
  }

  /** Name of the symbol that starts at this address, of the first one in the file where several do. */
  nameAt(address: U64): string | undefined {
    const location = this.nearest(address);
    return location?.offset === 0 ? location.name : undefined;
  }

  /** The symbol that an address lies in; undefined when no symbol starts within 1 MiB before it. */
  nearest(address: U64): SymbolLocation | undefined {
    const key = addressKey(BigInt(address));
    if (key === undefined || this.addressesHidden) return undefined;
    const order = (this.#byAddress ??= this.#orderByAddress());
    const { addresses } = this.#index;
    // First position whose address is greater.
    let low = 0;
    let high = order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (addresses[order[middle]!]! <= key) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return undefined;
    const start = addresses[order[low - 1]!]!;
    if (key - start >= largestSymbol) return undefined;
    while (low > 1 && addresses[order[low - 2]!] === start) low--;
    return this.#location(order[low - 1]!, key - start);
  }

  #location(index: number, offset: number): SymbolLocation {
    const start = this.#index.names[index]!;
    const end = nameEnd(this.#bytes, start);
    const location = { name: text(this.#bytes, start, end), offset };
    if (this.#bytes[end + 1] !== openBracket) return location;
    return { ...location, module: text(this.#bytes, end + 2, this.#bytes.indexOf(0x5d, end)) };
  }

  #orderByAddress(): Uint32Array {
    const { addresses, count } = this.#index;
    const order = new Uint32Array(count).map((_, index) => index);
    return order.sort((a, b) => addresses[a]! - addresses[b]! || a - b);
  }

  /** Low 53 bits of the addresses of all symbols with this name. */
  #find(name: string): Iterable<number> {
    if (this.addressesHidden) return [];
    return this.#symbols === undefined && this.#searches++ < mostSearches ? this.#search(name) : this.#lookUp(name);
  }

  /** Goes over the text, which has no index yet. */
  *#search(name: string): Generator<number> {
    if (name.startsWith("$")) return;
    const bytes = this.#bytes;
    const wanted = Buffer.from(` ${name}`);
    for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + 1)) {
      const line = at + 1 - nameOffset;
      const end = at + wanted.length;
      if ((line === 0 || bytes[line - 1] === newline) && (end === bytes.length || endsName(bytes[end]))) yield addressAt(bytes, line);
    }
  }

  *#lookUp(name: string): Generator<number> {
    const slots = (this.#nameSlots ??= this.#hashNames());
    const { addresses, names } = this.#index;
    const mask = slots.length - 1;
    const wanted = new TextEncoder().encode(`${name}\0`);
    for (let slot = hashOfName(wanted, 0) & mask; ; slot = (slot + 1) & mask) {
      const entry = slots[slot]!;
      if (entry === 0) return;
      if (startsWith(this.#bytes, names[entry - 1]!, wanted)) yield addresses[entry - 1]!;
    }
  }

  /** Open addressing; a slot holds the index plus one. Entered in file order, so equal names are met in that order. */
  #hashNames(): Uint32Array {
    const { count, names } = this.#index;
    let capacity = 16;
    while (capacity < count * 2) capacity *= 2;
    const slots = new Uint32Array(capacity);
    for (let index = 0; index < count; index++) {
      let slot = hashOfName(this.#bytes, names[index]!) & (capacity - 1);
      while (slots[slot] !== 0) slot = (slot + 1) & (capacity - 1);
      slots[slot] = index + 1;
    }
    return slots;
  }
}

function endsName(byte: number | undefined): boolean {
  return byte === newline || byte === tab || byte === space;
}

/** Ends at the first address that is not zero, one of the first lines, unless all are. */
function hasOnlyZeroAddresses(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; ) {
    for (let digit = at; digit < at + addressDigits; digit++) if (digitValue(bytes[digit] ?? zero) !== 0) return false;
    const next = bytes.indexOf(newline, at);
    at = next < 0 ? bytes.length : next + 1;
  }
  return true;
}

/** A kernel address from its low 53 bits. */
function fullAddress(key: number): bigint {
  return key >= 2 ** 52 ? BigInt.asUintN(64, BigInt(key) - 2n ** 53n) : BigInt(key);
}

/** The low 53 bits of 16 hexadecimal digits: the first three digits count only by their lowest bit. */
function addressAt(bytes: Uint8Array, start: number): number {
  let address = digitValue(bytes[start + 2]!) & 1;
  for (let at = start + 3; at < start + addressDigits; at++) address = address * 16 + digitValue(bytes[at]!);
  return address;
}

function digitValue(byte: number): number {
  return byte < 0x3a ? byte - 0x30 : byte - 0x57;
}

function countLines(bytes: Uint8Array): number {
  let lines = 1;
  for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) lines++;
  return lines;
}

/** The low 53 bits of a canonical address, undefined for any other value. */
function addressKey(address: bigint): number | undefined {
  const top = address >> 52n;
  return top === 0n || top === 0xfffn ? Number(address & 0x1f_ffff_ffff_ffffn) : undefined;
}

function startsWith(bytes: Uint8Array, start: number, wanted: Uint8Array): boolean {
  for (let at = 0; at < wanted.length; at++) {
    // The last name may end with the file instead of its zero byte.
    if ((bytes[start + at] ?? 0) !== wanted[at]) return false;
  }
  return true;
}

function nameEnd(bytes: Uint8Array, start: number): number {
  const end = bytes.indexOf(0, start);
  return end < 0 ? bytes.length : end;
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return new TextDecoder().decode(bytes.subarray(start, end));
}
