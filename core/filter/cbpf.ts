/** Classic BPF, the machine that libpcap compiles for (include/uapi/linux/bpf_common.h; McCanne & Jacobson 1993). */

export interface ClassicInstruction {
  readonly code: number;
  /** Instructions to skip when a condition holds, and when it does not. */
  readonly jt: number;
  readonly jf: number;
  /** The constant: an operand, an offset, a distance or a result; 32 bits, unsigned. */
  readonly k: number;
}

/** Classes: the lowest three bits. A is the accumulator, X the index register. */
export const BPF_LD = 0x00,
  BPF_LDX = 0x01,
  BPF_ST = 0x02,
  BPF_STX = 0x03,
  BPF_ALU = 0x04,
  BPF_JMP = 0x05,
  BPF_RET = 0x06,
  BPF_MISC = 0x07;
/** Modes of loads: constant, at k, at X + k, scratch word, packet length, header length in the byte at k. */
export const BPF_IMM = 0x00,
  BPF_ABS = 0x20,
  BPF_IND = 0x40,
  BPF_MEM = 0x60,
  BPF_LEN = 0x80,
  BPF_MSH = 0xa0;
/** Sources: of an operand (k or X), and of a result (k or A). */
export const BPF_X = 0x08,
  BPF_A = 0x10;
export const BPF_JA = 0x00;
export const BPF_DIV = 0x30,
  BPF_LSH = 0x60,
  BPF_RSH = 0x70,
  BPF_NEG = 0x80,
  BPF_MOD = 0x90;
/** BPF_MISC: copies X to A instead of A to X. */
export const BPF_TXA = 0x80;

/** Words of scratch memory. */
export const scratchWords = 16;

const bytes = 8;
const loadBytes: Readonly<Record<number, 1 | 2 | 4>> = { 0x00: 4, 0x08: 2, 0x10: 1 };

export const classOf = ({ code }: ClassicInstruction): number => code & 0x07;
export const modeOf = ({ code }: ClassicInstruction): number => code & 0xe0;
export const operationOf = ({ code }: ClassicInstruction): number => code & 0xf0;
export const usesX = ({ code }: ClassicInstruction): boolean => (code & BPF_X) !== 0;

/**
 * Loads from here to there mean what the kernel knows of a packet beside its bytes (include/uapi/linux/filter.h: SKF_AD_OFF,
 * SKF_AD_MAX), at negative offsets. Elsewhere beyond the packet there is nothing.
 */
const extraArea = 0xffff_f000;
const extraAreaEnd = extraArea + 64;
/** SKF_AD_OFF + SKF_AD_PKTTYPE: whether a packet was received or is being sent. */
const packetTypeOffset = 0xffff_f004;

/** Whether a load is of the kernel's extra area instead of the packet. */
export function isExtraLoad(instruction: ClassicInstruction): boolean {
  return classOf(instruction) === BPF_LD && modeOf(instruction) === BPF_ABS && instruction.k >= extraArea && instruction.k < extraAreaEnd;
}

/** Whether a load is that of `inbound` and `outbound`. */
export function isPacketTypeLoad(instruction: ClassicInstruction): boolean {
  return isExtraLoad(instruction) && instruction.k === packetTypeOffset;
}

/** Bytes that a load takes from the packet. */
export function loadSize({ code }: ClassicInstruction): 1 | 2 | 4 {
  const size = loadBytes[code & 0x18];
  if (size === undefined) throw new Error(`classic BPF instruction ${code} has an unknown size`);
  return size;
}

/** Reads a program as libpcap has it: struct bpf_insn { u16 code; u8 jt, jf; u32 k }, native (little-endian) order. */
export function parseClassic(program: Uint8Array): readonly ClassicInstruction[] {
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  return Array.from({ length: program.length / bytes }, (_, index) => ({
    code: view.getUint16(index * bytes, true),
    jt: view.getUint8(index * bytes + 2),
    jf: view.getUint8(index * bytes + 3),
    k: view.getUint32(index * bytes + 4, true),
  }));
}

/**
 * Where an unconditional jump at `index` goes. The distance is signed: libpcap's `protochain` jumps back, to look at the
 * next header.
 */
export function jumpTarget({ k }: ClassicInstruction, index: number): number {
  return index + 1 + (k | 0);
}

/** Positions that may be executed after the instruction at `index`. */
export function successors(instruction: ClassicInstruction, index: number): readonly number[] {
  const next = index + 1;
  if (classOf(instruction) === BPF_RET) return [];
  if (classOf(instruction) !== BPF_JMP) return [next];
  if (operationOf(instruction) === BPF_JA) return [jumpTarget(instruction, index)];
  return [next + instruction.jt, next + instruction.jf];
}
