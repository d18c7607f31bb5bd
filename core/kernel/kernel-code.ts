/**
 * The code of the running kernel, as /proc/kcore has it: an ELF file (fs/proc/kcore.c). Needs CAP_SYS_RAWIO, and that the kernel is
 * not locked down.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";

/** Struct elf64_hdr and elf64_phdr, include/uapi/linux/elf.h. */
const headerBytes = 64;
const headers = { offset: 32, size: 54, count: 56 } as const;
const segment = { type: 0, offset: 8, address: 16, fileSize: 32 } as const;
const loaded = 1;

/** Bytes at the entry of a function that are looked at. */
const entryBytes = 12;

interface Segment {
  readonly address: bigint;
  readonly end: bigint;
  readonly offset: bigint;
}

export class KernelCode implements Disposable {
  readonly #descriptor: number;
  readonly #segments: readonly Segment[];

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.#segments = this.#readSegments();
  }

  /** Undefined where it cannot be read. */
  static open(procDir = "/proc"): KernelCode | undefined {
    let descriptor: number | undefined;
    try {
      descriptor = openSync(join(procDir, "kcore"), "r");
      return new KernelCode(descriptor);
    } catch {
      if (descriptor !== undefined) closeSync(descriptor);
      return undefined;
    }
  }

  /**
   * Whether ftrace can trace a function: where the compiler left it room, the code begins with instructions that do nothing, or with
   * the call that replaced them. True where that cannot be known.
   */
  looksTraceable(address: bigint): boolean {
    const entry = this.#read(address, entryBytes);
    return entry === undefined || isTraceableEntry(entry);
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }

  #read(address: bigint, length: number): Uint8Array | undefined {
    const part = this.#segments.find((one) => address >= one.address && address < one.end);
    return part && this.#readAt(part.offset + address - part.address, length);
  }

  #readAt(position: bigint, length: number): Uint8Array | undefined {
    const bytes = new Uint8Array(length);
    try {
      return readSync(this.#descriptor, bytes, 0, length, position) === length ? bytes : undefined;
    } catch {
      return undefined;
    }
  }

  #readSegments(): readonly Segment[] {
    const header = viewOf(this.#readAt(0n, headerBytes));
    const [size, count] = [header.getUint16(headers.size, true), header.getUint16(headers.count, true)];
    const table = viewOf(this.#readAt(header.getBigUint64(headers.offset, true), size * count));
    const starts = Array.from({ length: count }, (_, index) => index * size);
    return starts
      .filter((at) => table.getUint32(at + segment.type, true) === loaded)
      .map((at) => {
        const address = table.getBigUint64(at + segment.address, true);
        const end = address + table.getBigUint64(at + segment.fileSize, true);
        return { address, end, offset: table.getBigUint64(at + segment.offset, true) };
      });
  }
}

function viewOf(bytes: Uint8Array | undefined): DataView {
  if (bytes === undefined) throw new Error("it cannot be read");
  return new DataView(bytes.buffer);
}

/**
 * Instructions, arch/x86/include/asm/ibt.h and nops.h: may come first, do nothing, call. The kernel overwrites an ENDBR that no indirect
 * call needs with a `nopl` that compilers do not use (gen_endbr_poison: until 6.14 with an operand size, then with a mark as last byte).
 */
const x86 = {
  first: [
    [0xf3, 0x0f, 0x1e, 0xfa],
    [0x66, 0x0f, 0x1f, 0x00],
    [0x0f, 0x1f, 0x40],
  ],
  firstBytes: 4,
  nop: [0x0f, 0x1f, 0x44, 0x00, 0x00],
  call: [0xe8],
} as const;
/** arch/arm64/include/asm/insn.h: `bti c` and `paciasp` may come first; `nop`, and the `mov x9, x30` that replaces the first. */
const arm64 = { first: [0xd503245f, 0xd503233f], room: [0xd503201f, 0xaa1e03e9] } as const;

/** @param entry the first bytes of a function; @param arch of the code */
export function isTraceableEntry(entry: Uint8Array, arch = process.arch): boolean {
  if (arch === "arm64") {
    const words = new Uint32Array(entry.slice().buffer);
    const at = arm64.first.includes(words[0] as never) ? 1 : 0;
    return arm64.room.includes(words[at] as never);
  }
  const begins = (at: number, bytes: readonly number[]) => bytes.every((byte, index) => entry[at + index] === byte);
  const at = x86.first.some((bytes) => begins(0, bytes)) ? x86.firstBytes : 0;
  return begins(at, x86.nop) || begins(at, x86.call);
}
