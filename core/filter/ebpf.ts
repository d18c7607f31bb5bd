/**
 * Assembles eBPF instructions. Names and encoding are those of the kernel's Documentation/bpf/standardization/instruction-set.rst;
 * everything used here is known to kernels from 5.10 on (-mcpu=v3: 32-bit arithmetic and 32-bit jumps).
 */

/** r0: result; r1 to r5: arguments, lost in calls; r6 to r9: kept; r10: end of the stack frame, read-only. */
export type Register = "r0" | "r1" | "r2" | "r3" | "r4" | "r5" | "r6" | "r7" | "r8" | "r9" | "r10";

/** A register, or an immediate: 32 bits, which 64-bit operations extend by sign. */
export type Operand = Register | number;

/** A position in the code; jumps name it before or after it is placed. */
export interface Label {
  readonly name: string;
}

/** Bytes of one instruction; the 64-bit immediate load takes two. */
export const instructionBytes = 8;

const aluOperations = {
  add: 0x00,
  sub: 0x10,
  mul: 0x20,
  div: 0x30,
  or: 0x40,
  and: 0x50,
  lsh: 0x60,
  rsh: 0x70,
  mod: 0x90,
  xor: 0xa0,
  mov: 0xb0,
  arsh: 0xc0,
} as const;
export type AluOperation = keyof typeof aluOperations;

/** Comparisons are unsigned unless they begin with `js`; `jset` holds when the bitwise and is not zero. */
const conditions = {
  jeq: 0x10,
  jgt: 0x20,
  jge: 0x30,
  jset: 0x40,
  jne: 0x50,
  jsgt: 0x60,
  jsge: 0x70,
  jlt: 0xa0,
  jle: 0xb0,
  jslt: 0xc0,
  jsle: 0xd0,
} as const;
export type Condition = keyof typeof conditions;

/** Sizes of memory accesses in bytes. */
export type AccessSize = 1 | 2 | 4 | 8;
const sizeBits: Readonly<Record<AccessSize, number>> = { 4: 0x00, 2: 0x08, 1: 0x10, 8: 0x18 };

/** Helper functions by number (include/uapi/linux/bpf.h). */
export const helpers = { probe_read_kernel: 113, probe_read_kernel_str: 115 } as const;

/** Instruction classes. */
const LD = 0x00,
  LDX = 0x01,
  ST = 0x02,
  STX = 0x03,
  ALU = 0x04,
  JMP = 0x05,
  JMP32 = 0x06,
  ALU64 = 0x07;
const MEM = 0x60;
const IMM64 = 0x18;
const NEG = 0x80,
  END = 0xd0,
  CALL = 0x80,
  EXIT = 0x90;
/** The second operand is a register; in END: to big-endian. */
const SOURCE_REGISTER = 0x08;

interface Instruction {
  readonly opcode: number;
  readonly dst?: Register;
  readonly src?: Register;
  readonly offset?: number;
  readonly immediate?: number;
  /** Jump target; its distance becomes the offset. */
  readonly target?: Label;
}

function registerNumber(register: Register | undefined): number {
  return register === undefined ? 0 : Number(register.slice(1));
}

function sourceOf(operand: Operand): { readonly bit: number; readonly src?: Register; readonly immediate?: number } {
  return typeof operand === "number" ? { bit: 0, immediate: operand } : { bit: SOURCE_REGISTER, src: operand };
}

/** Collects instructions in order; `assemble` turns them into bytes. */
export class CodeBuilder {
  readonly #instructions: Instruction[] = [];
  readonly #positions = new Map<Label, number>();
  readonly #targets = new Set<Label>();

  /** Instructions so far. */
  get length(): number {
    return this.#instructions.length;
  }

  /** A new label, not yet anywhere. `name` is for error texts. */
  label(name: string): Label {
    return { name };
  }

  /** Puts the label in front of the next instruction. */
  place(label: Label): void {
    this.#positions.set(label, this.length);
  }

  /** Whether any jump so far goes there. */
  isTarget(label: Label): boolean {
    return this.#targets.has(label);
  }

  /** `dst = dst <operation> operand` on 64 bits. */
  alu64(operation: AluOperation, dst: Register, operand: Operand): void {
    const { bit, ...source } = sourceOf(operand);
    this.#add({ opcode: ALU64 | aluOperations[operation] | bit, dst, ...source });
  }

  /** The same on the lower 32 bits; the upper ones become zero. */
  alu32(operation: AluOperation, dst: Register, operand: Operand): void {
    const { bit, ...source } = sourceOf(operand);
    this.#add({ opcode: ALU | aluOperations[operation] | bit, dst, ...source });
  }

  /** `dst = -dst` on the lower 32 bits. */
  negate32(dst: Register): void {
    this.#add({ opcode: ALU | NEG, dst });
  }

  /** `dst = -dst` on 64 bits. */
  negate64(dst: Register): void {
    this.#add({ opcode: ALU64 | NEG, dst });
  }

  /** Converts the lower bits between big-endian and native order; the bits above become zero. */
  swapBigEndian(dst: Register, bits: 16 | 32 | 64): void {
    this.#add({ opcode: ALU | END | SOURCE_REGISTER, dst, immediate: bits });
  }

  /** Sets all 64 bits; takes two instructions. */
  loadImmediate64(dst: Register, value: bigint): void {
    const bits = BigInt.asUintN(64, value);
    this.#add({ opcode: LD | IMM64, dst, immediate: Number(bits & 0xffff_ffffn) });
    this.#add({ opcode: 0, immediate: Number(bits >> 32n) });
  }

  /** `dst = *(base + offset)`, zero-extended. */
  load(size: AccessSize, dst: Register, base: Register, offset: number): void {
    this.#add({ opcode: LDX | MEM | sizeBits[size], dst, src: base, offset });
  }

  /** `*(base + offset) = value`. */
  store(size: AccessSize, base: Register, offset: number, value: Operand): void {
    const { src, immediate } = sourceOf(value);
    if (src !== undefined) this.#add({ opcode: STX | MEM | sizeBits[size], dst: base, src, offset });
    else this.#add({ opcode: ST | MEM | sizeBits[size], dst: base, offset, immediate: immediate ?? 0 });
  }

  jump(target: Label): void {
    this.#add({ opcode: JMP, target });
  }

  /** Jumps when `dst <condition> operand` holds on 64 bits. */
  jumpIf64(condition: Condition, dst: Register, operand: Operand, target: Label): void {
    const { bit, ...source } = sourceOf(operand);
    this.#add({ opcode: JMP | conditions[condition] | bit, dst, ...source, target });
  }

  /** Jumps when `dst <condition> operand` holds on the lower 32 bits. */
  jumpIf32(condition: Condition, dst: Register, operand: Operand, target: Label): void {
    const { bit, ...source } = sourceOf(operand);
    this.#add({ opcode: JMP32 | conditions[condition] | bit, dst, ...source, target });
  }

  /** Calls a kernel helper: arguments in r1 to r5, result in r0. */
  call(helper: number): void {
    this.#add({ opcode: JMP | CALL, immediate: helper });
  }

  exit(): void {
    this.#add({ opcode: JMP | EXIT });
  }

  /** The instructions in the kernel's little-endian form. */
  assemble(): Uint8Array {
    const code = new DataView(new ArrayBuffer(this.length * instructionBytes));
    this.#instructions.forEach((instruction, index) => this.#encode(code, instruction, index));
    return new Uint8Array(code.buffer);
  }

  #add(instruction: Instruction): void {
    this.#instructions.push(instruction);
    if (instruction.target) this.#targets.add(instruction.target);
  }

  #encode(code: DataView, { opcode, dst, src, offset, immediate, target }: Instruction, index: number): void {
    const at = index * instructionBytes;
    code.setUint8(at, opcode);
    code.setUint8(at + 1, registerNumber(dst) | (registerNumber(src) << 4));
    code.setInt16(at + 2, target === undefined ? (offset ?? 0) : this.#distance(target, index), true);
    code.setInt32(at + 4, immediate ?? 0, true);
  }

  #distance(target: Label, index: number): number {
    const position = this.#positions.get(target);
    if (position === undefined) throw new Error(`label ${target.name} was never placed`);
    return position - index - 1;
  }
}
