/**
 * Turns classic BPF into the body of a filter function `int f(struct retis_filter_input *input)`.
 *
 * Verdicts are those of libpcap's interpreter (bpf_filter in bpf_filter.c): 32-bit unsigned arithmetic, a load beyond the
 * captured bytes or a division by zero rejects, a shift by 32 or more gives 0.
 *
 * r6 input · r7 A · r8 X · r9 linear bytes · r0 to r5 scratch. A and X always have zeros in their upper halves.
 * Stack, from the frame's end down: 8 bytes that helper calls read into, the scratch words, the count of jumps back.
 */
import {
  BPF_A,
  BPF_ALU,
  BPF_DIV,
  BPF_IMM,
  BPF_IND,
  BPF_JA,
  BPF_JMP,
  BPF_LD,
  BPF_LDX,
  BPF_LEN,
  BPF_LSH,
  BPF_MEM,
  BPF_MISC,
  BPF_MOD,
  BPF_MSH,
  BPF_NEG,
  BPF_RET,
  BPF_RSH,
  BPF_ST,
  BPF_STX,
  BPF_TXA,
  type ClassicInstruction,
  classOf,
  isPacketTypeLoad,
  jumpTarget,
  loadSize,
  modeOf,
  operationOf,
  scratchWords,
  usesX,
} from "./cbpf.ts";
import { type AluOperation, CodeBuilder, type Condition, helpers, type Label, type Operand, type Register } from "./ebpf.ts";
import type { FilterInput } from "./filter-input.ts";
import { fixedLoadEnd, type ValueRanges, valueRanges } from "./value-ranges.ts";

const bufferOffset = -8;
const scratchOffset = bufferOffset - 4 * scratchWords;
const roundsOffset = scratchOffset - 8;
const maxWord = 0xffff_ffff;
/** Jumps back that one evaluation may take; the verifier must see an end. Only `protochain` has any: one for each header. */
export const maxRounds = 32;

const aluOperations: Readonly<Record<number, AluOperation>> = {
  0x00: "add",
  0x10: "sub",
  0x20: "mul",
  0x30: "div",
  0x40: "or",
  0x50: "and",
  0x60: "lsh",
  0x70: "rsh",
  0x90: "mod",
  0xa0: "xor",
};
/** Each condition and its opposite; `jset` has none. */
const conditions: Readonly<Record<number, readonly [Condition, Condition | undefined]>> = {
  0x10: ["jeq", "jne"],
  0x20: ["jgt", "jle"],
  0x30: ["jge", "jlt"],
  0x40: ["jset", undefined],
};

/**
 * @param input layout of what the function is given
 * @returns instructions that end in an exit; none of them is unreachable
 */
export function translate(program: readonly ClassicInstruction[], input: FilterInput): Uint8Array {
  return new Translation(program, input).run();
}

class Translation {
  readonly #code = new CodeBuilder();
  readonly #labels: readonly Label[];
  readonly #reject = this.#code.label("reject");

  constructor(
    private readonly program: readonly ClassicInstruction[],
    private readonly input: FilterInput,
  ) {
    this.#labels = program.map((_, index) => this.#code.label(`classic ${index}`));
  }

  run(): Uint8Array {
    this.#begin();
    const ranges = valueRanges(this.program);
    this.program.forEach((instruction, index) => {
      const known = ranges[index];
      if (!known) return;
      this.#code.place(this.#at(index));
      this.#instruction(instruction, index, known);
    });
    if (this.#code.isTarget(this.#reject)) {
      this.#code.place(this.#reject);
      this.#code.alu32("mov", "r0", 0);
      this.#code.exit();
    }
    return this.#code.assemble();
  }

  #at(index: number): Label {
    const label = this.#labels[index];
    if (!label) throw new Error(`classic BPF program jumps out of itself, to ${index}`);
    return label;
  }

  #begin(): void {
    const code = this.#code;
    code.alu64("mov", "r6", "r1");
    code.load(4, "r9", "r6", this.input.linear);
    code.alu32("mov", "r7", 0);
    code.alu32("mov", "r8", 0);
    const read = this.program.filter((each) => [BPF_LD, BPF_LDX].includes(classOf(each)) && modeOf(each) === BPF_MEM);
    for (const word of new Set(read.map(({ k }) => k))) code.store(4, "r10", scratchWordOffset(word), 0);
    // From a register, as all of it: the verifier then knows the value.
    if (this.program.some((each, index) => jumpsBack(each, index))) code.store(8, "r10", roundsOffset, "r7");
  }

  #instruction(instruction: ClassicInstruction, index: number, known: ValueRanges): void {
    switch (classOf(instruction)) {
      case BPF_LD:
        return this.#load(instruction, "r7", known);
      case BPF_LDX:
        return this.#load(instruction, "r8", known);
      case BPF_ST:
        return this.#code.store(4, "r10", scratchWordOffset(instruction.k), "r7");
      case BPF_STX:
        return this.#code.store(4, "r10", scratchWordOffset(instruction.k), "r8");
      case BPF_ALU:
        return this.#arithmetic(instruction);
      case BPF_JMP:
        return this.#jump(instruction, index);
      case BPF_RET:
        return this.#return(instruction);
      case BPF_MISC:
        return (instruction.code & BPF_TXA) !== 0 ? this.#code.alu32("mov", "r7", "r8") : this.#code.alu32("mov", "r8", "r7");
    }
  }

  #load(instruction: ClassicInstruction, dst: "r7" | "r8", known: ValueRanges): void {
    switch (modeOf(instruction)) {
      case BPF_IMM:
        return this.#code.alu32("mov", dst, instruction.k);
      case BPF_MEM:
        return this.#code.load(4, dst, "r10", scratchWordOffset(instruction.k));
      case BPF_LEN:
        return this.#code.load(4, dst, "r6", this.input.length);
      case BPF_IND:
        return this.#loadAtX(instruction, known);
      case BPF_MSH: {
        this.#loadFixed(instruction, dst, known);
        this.#code.alu32("and", dst, 0xf);
        return this.#code.alu32("lsh", dst, 2);
      }
      default:
        // Already in native order.
        if (isPacketTypeLoad(instruction)) return this.#code.load(4, dst, "r6", this.input.packetType);
        return this.#loadFixed(instruction, dst, known);
    }
  }

  /** A load from a fixed place. Within the copied headers it is one: they hold the linear bytes as far as they reach. */
  #loadFixed(instruction: ClassicInstruction, dst: Register, known: ValueRanges): void {
    const size = modeOf(instruction) === BPF_MSH ? 1 : loadSize(instruction);
    const end = fixedLoadEnd(instruction) ?? 0;
    // No packet is so long that the cut matters.
    if (end > known.bytes) this.#code.jumpIf32("jlt", "r9", Math.min(end, maxWord), this.#reject);
    if (end <= this.input.headerBytes) this.#code.load(size, dst, "r6", this.input.headers + instruction.k);
    else {
      this.#code.alu32("mov", "r2", instruction.k);
      this.#readPacket(size, dst);
    }
    this.#toNative(dst, size);
  }

  /** A load at X + k, computed in 64 bits, so that it cannot wrap around. */
  #loadAtX(instruction: ClassicInstruction, { maxX }: ValueRanges): void {
    const code = this.#code;
    const size = loadSize(instruction);
    const { headerBytes } = this.input;
    code.alu32("mov", "r2", instruction.k);
    code.alu64("add", "r2", "r8");
    code.alu64("mov", "r1", "r2");
    code.alu64("add", "r1", size);
    code.jumpIf64("jgt", "r1", "r9", this.#reject);
    const last = headerBytes - size;
    if (instruction.k > last) this.#readPacket(size, "r7");
    else this.#loadNear(size, maxX + instruction.k <= last);
    this.#toNative("r7", size);
  }

  /** Loads from the offset in r2: from the copied headers if it always lies or just now happens to lie in them. */
  #loadNear(size: 1 | 2 | 4, always: boolean): void {
    const code = this.#code;
    const { headers, headerBytes } = this.input;
    const [beyond, done] = [code.label("beyond the headers"), code.label("loaded")];
    // No branch that is never taken: the verifier of 6.12 follows it all the same, and refuses what it finds.
    if (!always) code.jumpIf64("jgt", "r2", headerBytes - size, beyond);
    code.alu64("add", "r2", "r6");
    code.load(size, "r7", "r2", headers);
    if (always) return;
    code.jump(done);
    code.place(beyond);
    this.#readPacket(size, "r7");
    code.place(done);
  }

  /** Reads from the packet's own memory at the offset in r2, which is known to be within the linear area. */
  #readPacket(size: 1 | 2 | 4, dst: Register): void {
    const code = this.#code;
    code.load(8, "r3", "r6", this.input.data);
    code.load(4, "r1", "r6", this.input.inserted);
    code.alu64("sub", "r3", "r1");
    code.alu64("add", "r3", "r2");
    code.alu64("mov", "r1", "r10");
    code.alu64("add", "r1", bufferOffset);
    code.alu32("mov", "r2", size);
    code.call(helpers.probe_read_kernel);
    code.jumpIf64("jne", "r0", 0, this.#reject);
    code.load(size, dst, "r10", bufferOffset);
  }

  #toNative(dst: Register, size: 1 | 2 | 4): void {
    if (size > 1) this.#code.swapBigEndian(dst, size === 2 ? 16 : 32);
  }

  #arithmetic(instruction: ClassicInstruction): void {
    const operation = operationOf(instruction);
    if (operation === BPF_NEG) return this.#code.negate32("r7");
    const alu = aluOperations[operation];
    if (!alu) throw new Error(`classic BPF instruction ${instruction.code} is unknown`);
    const divides = operation === BPF_DIV || operation === BPF_MOD;
    const shifts = operation === BPF_LSH || operation === BPF_RSH;
    if (usesX(instruction)) {
      if (divides) this.#code.jumpIf32("jeq", "r8", 0, this.#reject);
      return shifts ? this.#shiftByX(alu) : this.#code.alu32(alu, "r7", "r8");
    }
    if (divides && instruction.k === 0) throw new Error("classic BPF program divides by the constant zero");
    if (shifts && instruction.k > 31) return this.#code.alu32("mov", "r7", 0);
    this.#code.alu32(alu, "r7", instruction.k);
  }

  /** The machine takes the distance modulo 32; classic BPF shifts everything out. */
  #shiftByX(alu: AluOperation): void {
    const done = this.#code.label("shifted");
    const within = this.#code.label("within 32 bits");
    this.#code.jumpIf32("jlt", "r8", 32, within);
    this.#code.alu32("mov", "r7", 0);
    this.#code.jump(done);
    this.#code.place(within);
    this.#code.alu32(alu, "r7", "r8");
    this.#code.place(done);
  }

  #jump(instruction: ClassicInstruction, index: number): void {
    const next = index + 1;
    const operation = operationOf(instruction);
    if (operation === BPF_JA) {
      if (jumpsBack(instruction, index)) this.#countRound();
      return this.#jumpTo(jumpTarget(instruction, index), next);
    }
    const pair = conditions[operation];
    if (!pair) throw new Error(`classic BPF instruction ${instruction.code} is unknown`);
    const [condition, opposite] = pair;
    const operand: Operand = usesX(instruction) ? "r8" : instruction.k;
    const [yes, no] = [next + instruction.jt, next + instruction.jf];
    if (yes === next && opposite) return this.#code.jumpIf32(opposite, "r7", operand, this.#at(no));
    this.#code.jumpIf32(condition, "r7", operand, this.#at(yes));
    this.#jumpTo(no, next);
  }

  #countRound(): void {
    const code = this.#code;
    code.load(8, "r1", "r10", roundsOffset);
    code.alu64("add", "r1", 1);
    code.jumpIf64("jgt", "r1", maxRounds, this.#reject);
    code.store(8, "r10", roundsOffset, "r1");
    // Otherwise the verifier follows each value that X may have got in all rounds so far, and gives up.
    code.store(4, "r6", this.input.scratch, "r8");
    code.load(4, "r8", "r6", this.input.scratch);
  }

  #jumpTo(index: number, next: number): void {
    if (index !== next) this.#code.jump(this.#at(index));
  }

  #return({ code, k }: ClassicInstruction): void {
    if ((code & BPF_A) !== 0) this.#code.alu32("mov", "r0", "r7");
    else this.#code.alu32("mov", "r0", k);
    this.#code.exit();
  }
}

function jumpsBack(instruction: ClassicInstruction, index: number): boolean {
  return classOf(instruction) === BPF_JMP && operationOf(instruction) === BPF_JA && jumpTarget(instruction, index) <= index;
}

function scratchWordOffset(word: number): number {
  if (word >= scratchWords) throw new Error(`classic BPF program uses scratch word ${word}`);
  return scratchOffset + 4 * word;
}
