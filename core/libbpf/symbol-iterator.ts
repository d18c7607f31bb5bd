/**
 * Addresses of some symbols from the kernel's iterator over all of them (kernel/kallsyms.c: bpf_iter_ksym, Linux 6.0). A program picks
 * them in the kernel, which takes a third of the time that it takes to write all as text for /proc/kallsyms.
 */
import { readSync } from "node:fs";
import { errnoName } from "./libc.ts";
import { createMap, type Instruction, type KernelObject, loadInstructions, mapTypes, openIterator, programTypes } from "./raw-objects.ts";
import { attachTypes, updateElement } from "./raw-objects.ts";

/** From the kernel's types. */
export interface SymbolLayout {
  /** BTF id of function `bpf_iter_ksym`. */
  readonly targetId: number;
  /** In struct kallsym_iter: bytes before the address and before the name. */
  readonly value: number;
  readonly name: number;
}

/** Bytes of a name as a key, its zero byte included. */
const keyBytes = 64;
/** Bytes of the beginning of a name by which most symbols are passed over, a zero byte included. */
const startBytes = 8;
/** Beginnings are looked up by this many bits of a product (Fibonacci hashing). */
const filterBits = 16;
const filterFactor = 0x9e3779b97f4a7c15n;

/** A symbol that was found, as the program writes it: u64 index of the name, u64 address. */
const foundBytes = 16;
const bufferBytes = 1 << 16;

const BPF_PSEUDO_MAP_FD = 1;
const BPF_PSEUDO_MAP_VALUE = 2;
const helpers = { lookup: 1, readString: 115, writeToReader: 127 } as const;
/** Opcodes as in Documentation/bpf/standardization/instruction-set.rst: size and mode, or class and operation. */
const codes = {
  load8: 0x71,
  load32: 0x61,
  load64: 0x79,
  store64: 0x7b,
  zero64: 0x7a,
  constant64: 0x18,
  copy: 0xbf,
  set: 0xb7,
  add: 0x0f,
  addValue: 0x07,
  multiply: 0x2f,
  shiftRightBy: 0x77,
  shiftRight: 0x7f,
  and: 0x57,
  jumpIfZero: 0x15,
  call: 0x85,
  exit: 0x95,
} as const;

const jump = (code: number, immediate: number, offset: number): Instruction => ({
  opcode: codes.jumpIfZero,
  registers: code,
  immediate,
  offset,
});
const op = (
  code: keyof typeof codes,
  to: number,
  from = 0,
  rest: { readonly offset?: number; readonly immediate?: number } = {},
): Instruction => ({
  opcode: codes[code],
  registers: to | (from << 4),
  offset: rest.offset ?? 0,
  immediate: rest.immediate ?? 0,
});
const frame = 10;

/** A 64-bit constant, or with a source the address of a map or of its value. */
function constant(to: number, value: bigint, source = 0): readonly Instruction[] {
  const half = (bits: bigint) => Number(BigInt.asIntN(32, bits));
  return [
    { opcode: codes.constant64, registers: to | (source << 4), immediate: half(value) },
    { opcode: 0, immediate: half(value >> 32n) },
  ];
}

/** Reads the name of the symbol in r6 into the frame, `size` bytes at most and zeros after it, at `-size`. */
function readName(layout: SymbolLayout, size: number): readonly Instruction[] {
  const zeros = Array.from({ length: size / 8 }, (_, index) => op("zero64", frame, 0, { offset: 8 * index - size }));
  return [
    ...zeros,
    op("copy", 1, frame),
    op("addValue", 1, 0, { immediate: -size }),
    op("set", 2, 0, { immediate: size }),
    op("copy", 3, 6),
    op("addValue", 3, 0, { immediate: layout.name }),
    op("call", 0, 0, { immediate: helpers.readString }),
  ];
}

/** Where r`register` is zero, the rest is left out. */
function unlessZero(register: number, rest: readonly Instruction[]): readonly Instruction[] {
  return [jump(register, 0, rest.length), ...rest];
}

/** struct bpf_iter__ksym: pointers to struct bpf_iter_meta, whose first member is the reader, and to the symbol, NULL at the end. */
function program(layout: SymbolLayout, names: number, filter: number): readonly Instruction[] {
  const found = [
    op("load32", 1, 0),
    op("store64", frame, 1, { offset: -foundBytes }),
    op("load64", 1, 6, { offset: layout.value }),
    op("store64", frame, 1, { offset: 8 - foundBytes }),
    op("load64", 1, 7),
    op("copy", 2, frame),
    op("addValue", 2, 0, { immediate: -foundBytes }),
    op("set", 3, 0, { immediate: foundBytes }),
    op("call", 0, 0, { immediate: helpers.writeToReader }),
  ];
  const likely = [
    ...readName(layout, keyBytes),
    ...constant(1, BigInt(names), BPF_PSEUDO_MAP_FD),
    op("copy", 2, frame),
    op("addValue", 2, 0, { immediate: -keyBytes }),
    op("call", 0, 0, { immediate: helpers.lookup }),
    ...unlessZero(0, found),
  ];
  const symbol = [
    ...readName(layout, startBytes),
    op("load64", 1, frame, { offset: -startBytes }),
    ...constant(2, filterFactor),
    op("multiply", 1, 2),
    op("shiftRightBy", 1, 0, { immediate: 64 - filterBits }),
    op("copy", 2, 1),
    op("and", 2, 0, { immediate: 7 }),
    op("shiftRightBy", 1, 0, { immediate: 3 }),
    ...constant(3, BigInt(filter), BPF_PSEUDO_MAP_VALUE),
    op("add", 3, 1),
    op("load8", 3, 3),
    op("shiftRight", 3, 2),
    op("and", 3, 0, { immediate: 1 }),
    ...unlessZero(3, likely),
  ];
  return [op("load64", 6, 1, { offset: 8 }), op("load64", 7, 1), ...unlessZero(6, symbol), op("set", 0), op("exit", 0)];
}

/** Marks the beginnings of the names. @param keys one name after the other, each of {@link keyBytes} */
function filterOf(keys: DataView): Uint8Array {
  const bits = new Uint8Array(1 << (filterBits - 3));
  for (let at = 0; at < keys.byteLength; at += keyBytes) {
    // The last byte of a beginning is its zero byte.
    const start = BigInt.asUintN(64 - 8, keys.getBigUint64(at, true));
    const bit = Number(BigInt.asUintN(64, start * filterFactor) >> BigInt(64 - filterBits));
    bits[bit >> 3] = bits[bit >> 3]! | (1 << (bit & 7));
  }
  return bits;
}

function keysOf(names: readonly string[]): DataView | undefined {
  const bytes = Buffer.alloc(names.length * keyBytes);
  for (const [index, name] of names.entries()) if (bytes.write(name, index * keyBytes, keyBytes) >= keyBytes) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function fill(names: KernelObject, filter: KernelObject, keys: DataView): boolean {
  const count = keys.byteLength / keyBytes;
  for (let index = 0; index < count; index++) {
    const key = new Uint8Array(keys.buffer, keys.byteOffset + index * keyBytes, keyBytes);
    if (!updateElement(names.fd, key, new Uint32Array([index]))) return false;
  }
  return updateElement(filter.fd, new Uint32Array([0]), filterOf(keys));
}

/** The kernel gives up a read, to be tried again, when it has passed over a million symbols. */
function readAgain(fd: number, buffer: Uint8Array): number {
  for (;;) {
    try {
      return readSync(fd, buffer);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== errnoName(11) && code !== errnoName(4)) throw error;
    }
  }
}

function readFound(fd: number, names: readonly string[]): ReadonlyMap<string, readonly bigint[]> {
  const found = new Map<string, bigint[]>(names.map((name) => [name, []]));
  const buffer = new Uint8Array(bufferBytes);
  const view = new DataView(buffer.buffer);
  for (let length = readAgain(fd, buffer); length > 0; length = readAgain(fd, buffer)) {
    for (let at = 0; at + foundBytes <= length; at += foundBytes) {
      const name = names[Number(view.getBigUint64(at, true))];
      if (name !== undefined) found.get(name)?.push(view.getBigUint64(at + 8, true));
    }
  }
  return found;
}

/**
 * @param names distinct ones
 * @returns addresses by name, in the order of kallsyms, for each of the names; undefined when this kernel cannot do that, or a name is too
 * long for it
 */
export function findSymbols(names: readonly string[], layout: SymbolLayout): ReadonlyMap<string, readonly bigint[]> | undefined {
  const keys = keysOf(names);
  if (keys === undefined || names.length === 0) return undefined;
  using open = new DisposableStack();
  const own = (object: KernelObject | number) => (typeof object === "number" ? undefined : open.adopt(object, ({ close }) => close()));
  const [nameMap, filterMap] = [
    own(createMap(mapTypes.hash, keyBytes, 4, names.length)),
    own(createMap(mapTypes.array, 4, 1 << (filterBits - 3), 1)),
  ];
  if (!nameMap || !filterMap || !fill(nameMap, filterMap, keys)) return undefined;
  const kind = { type: programTypes.tracing, attachType: attachTypes.iterator, targetId: layout.targetId };
  const loaded = own(loadInstructions(kind, program(layout, nameMap.fd, filterMap.fd)));
  const run = loaded && own(openIterator(loaded.fd));
  if (!run) return undefined;
  try {
    return readFound(run.fd, names);
  } catch {
    return undefined;
  }
}
