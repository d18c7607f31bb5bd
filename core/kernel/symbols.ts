import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import type { U64 } from "../api/event.ts";
import { kernelSymbolsUnavailable } from "../base/errors.ts";
import { NameIndex, type SplitSymbols, splitSymbols } from "./name-index.ts";

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

/** Read at a time, to see whether addresses are hidden: one of the first lines says so. */
const chunkBytes = 4096;
const addressDigits = 16;
const newline = 0x0a;
const zero = 0x30;
const openBracket = 0x5b;

/**
 * The symbols of /proc/kallsyms, kept as the bytes of the file. There are more than a hundred thousand: indexes, typed arrays
 * over it, are built when first needed.
 */
export class KernelSymbols {
  /** Whether every address is zero: the kernel hides them from processes without CAP_SYSLOG, or by kptr_restrict. */
  readonly addressesHidden: boolean;
  readonly #bytes: Buffer;
  #symbols: SplitSymbols | undefined;
  #names: NameIndex | undefined;
  #byAddress: Uint32Array | undefined;

  private constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.addressesHidden = hasOnlyZeroAddresses(this.#bytes);
  }

  /** Number of symbols. */
  get count(): number {
    return this.#index.names.length;
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

  /** Whether a file of kallsyms has only zero addresses; reads it up to the first other one. Throws as {@link read} does. */
  static areHidden(path: string): boolean {
    let file: number | undefined;
    try {
      file = openSync(path, "r");
      return hasOnlyZeros(file);
    } catch (error) {
      throw kernelSymbolsUnavailable(path, error);
    } finally {
      if (file !== undefined) closeSync(file);
    }
  }

  /** Low 53 bits of each address: bits 52 to 63 of a kernel address are alike, so these decide, and sort the same way. */
  get #index(): SplitSymbols {
    return (this.#symbols ??= splitSymbols(this.#bytes));
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
    const { addresses } = this.#index;
    const order = new Uint32Array(addresses.length).map((_, index) => index);
    return order.sort((a, b) => addresses[a]! - addresses[b]! || a - b);
  }

  /** Low 53 bits of the addresses of all symbols with this name, in the order of the file. */
  *#find(name: string): Generator<number> {
    if (this.addressesHidden) return;
    const { addresses, names } = this.#index;
    this.#names ??= NameIndex.ofSymbols(this.#bytes, names);
    for (const index of this.#names.find(name, (at, wanted) => startsWith(this.#bytes, names[at]!, wanted))) yield addresses[index]!;
  }
}

/** @throws Error for an empty file */
function hasOnlyZeros(file: number): boolean {
  const chunk = Buffer.alloc(chunkBytes);
  let rest = Buffer.alloc(0);
  for (let all = 0; ; ) {
    const length = readSync(file, chunk);
    if (length === 0 && all === 0) throw new Error("it is empty");
    if (length === 0) return hasOnlyZeroAddresses(rest);
    all += length;
    const bytes = Buffer.concat([rest, chunk.subarray(0, length)]);
    const lines = bytes.lastIndexOf(newline) + 1;
    if (!hasOnlyZeroAddresses(bytes.subarray(0, lines))) return false;
    rest = bytes.subarray(lines);
  }
}

/** Ends at the first address that is not zero, one of the first lines, unless all are. */
function hasOnlyZeroAddresses(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; ) {
    for (let digit = at; digit < at + addressDigits; digit++) if ((bytes[digit] ?? zero) !== zero) return false;
    const next = bytes.indexOf(newline, at);
    at = next < 0 ? bytes.length : next + 1;
  }
  return true;
}

/** A kernel address from its low 53 bits. */
function fullAddress(key: number): bigint {
  return key >= 2 ** 52 ? BigInt.asUintN(64, BigInt(key) - 2n ** 53n) : BigInt(key);
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
