/**
 * Puts the values of load-time constants into the instructions. The verifier knows them too and removes the branches that they
 * rule out, but leaves the loads: two instructions each time that a constant is used, at every hit. And a function that does
 * nothing but call a function of the kernel is called as that one.
 *
 * Only instructions are replaced, none are moved, so that nothing that refers to code changes.
 */
import { type CodeSection, ElfCode, type ElfSymbol, instructionBytes, R_BPF_64_32, R_BPF_64_64 } from "./elf-code.ts";

/** Instruction classes and opcodes (linux/bpf.h, linux/bpf_common.h). */
const BPF_LD = 0;
const BPF_LDX = 1;
const BPF_ST = 2;
const BPF_STX = 3;
const BPF_ALU = 4;
const BPF_JMP = 5;
const BPF_JMP32 = 6;
const BPF_ALU64 = 7;
const BPF_MEM = 0x60;
const BPF_X = 8;
const LD_IMM64 = 0x18;
const MOV64_IMM = 0xb7;
const MOV32_IMM = 0xb4;
const MOV = 0xb0;
const NEG_OR_END = [0x80, 0xd0];
const JA = 0x05;
const LONG_JA = 0x06;
const CALL = 0x85;
const EXIT = 0x95;
/** Bytes that a load reads, by the size bits of its opcode. */
const loadBytes = new Map([
  [0x00, 4],
  [0x08, 2],
  [0x10, 1],
  [0x18, 8],
]);

interface Instruction {
  readonly opcode: number;
  readonly dst: number;
  readonly src: number;
  readonly offset: number;
}

function read(code: DataView, at: number): Instruction {
  const registers = code.getUint8(at + 1);
  const opcode = code.getUint8(at);
  const offset = opcode === LONG_JA ? code.getInt32(at + 4, true) : code.getInt16(at + 2, true);
  return { opcode, dst: registers & 15, src: registers >> 4, offset };
}

function write(code: DataView, at: number, opcode: number, dst: number, immediate: number): void {
  code.setUint8(at, opcode);
  code.setUint8(at + 1, dst);
  code.setInt16(at + 2, 0, true);
  code.setInt32(at + 4, immediate, true);
}

/** Offsets of instructions that are jumped to. Looks at all code, so it makes no object of each instruction. */
function jumpTargets(code: DataView): ReadonlySet<number> {
  const bytes = new Uint8Array(code.buffer, code.byteOffset, code.byteLength);
  const targets = new Set<number>();
  for (let at = 0; at < bytes.length; at += instructionBytes) {
    const opcode = bytes[at]!;
    const kind = opcode & 7;
    if (opcode === LD_IMM64) at += instructionBytes;
    else if ((kind === BPF_JMP || kind === BPF_JMP32) && opcode !== CALL && opcode !== EXIT)
      targets.add(at + instructionBytes * (read(code, at).offset + 1));
  }
  return targets;
}

type Use = "none" | "reads" | "overwrites";

function isJump({ opcode }: Instruction): boolean {
  return (opcode & 7) === BPF_JMP || (opcode & 7) === BPF_JMP32;
}

function isUnconditional(opcode: number): boolean {
  return opcode === JA || opcode === LONG_JA;
}

/** Registers from here on are kept by calls; how many of those from 1 on are arguments is not known. */
const firstKept = 6;

/** What an instruction does with a register. */
function useOf({ opcode, dst, src }: Instruction, register: number): Use {
  const kind = opcode & 7;
  if (opcode === CALL) return register === 0 ? "overwrites" : register < firstKept ? "reads" : "none";
  if (opcode === EXIT) return register === 0 ? "reads" : "none";
  if (kind === BPF_JMP || kind === BPF_JMP32)
    return !isUnconditional(opcode) && (dst === register || ((opcode & BPF_X) !== 0 && src === register)) ? "reads" : "none";
  if (kind === BPF_LD) return opcode === LD_IMM64 && dst === register ? "overwrites" : opcode === LD_IMM64 ? "none" : "reads";
  if (kind === BPF_LDX) return src === register ? "reads" : dst === register ? "overwrites" : "none";
  if (kind === BPF_ST) return dst === register ? "reads" : "none";
  if (kind === BPF_STX) return dst === register || src === register || (opcode & 0xe0) !== BPF_MEM ? "reads" : "none";
  if (kind !== BPF_ALU && kind !== BPF_ALU64) return "reads";
  const fromRegister = (opcode & BPF_X) !== 0 && !NEG_OR_END.includes(opcode & 0xf0);
  if (fromRegister && src === register) return "reads";
  if (dst !== register) return "none";
  return (opcode & 0xf0) === MOV ? "overwrites" : "reads";
}

/** The instruction that loads a constant as an immediate; undefined when the value does not fit one. */
function immediateOf(value: bigint, bytes: number): readonly [opcode: number, immediate: number] | undefined {
  // The 32-bit form clears the upper half.
  if (value <= 0xffffffffn) return [MOV32_IMM, Number(BigInt.asIntN(32, value))];
  if (bytes === 8 && BigInt.asIntN(64, value) === BigInt.asIntN(32, value)) return [MOV64_IMM, Number(BigInt.asIntN(32, value))];
  return undefined;
}

/** Replaces loads of constants in one section. */
class Folder {
  readonly #code: DataView;
  readonly #targets: ReadonlySet<number>;
  readonly #unneeded = new Set<number>();

  constructor(
    private readonly section: CodeSection,
    private readonly constants: { readonly index: number; readonly bytes: DataView },
  ) {
    this.#code = section.code;
    this.#targets = jumpTargets(section.code);
  }

  fold(): void {
    for (const [at, { type, symbol }] of this.section.relocations) {
      if (type !== R_BPF_64_64 || symbol.section !== this.constants.index || read(this.#code, at).opcode !== LD_IMM64) continue;
      if (this.#foldLoads(at, symbol)) this.#unneeded.add(at);
    }
    for (const at of this.#unneeded) this.#skip(at);
    this.section.removeRelocations(this.#unneeded);
  }

  /**
   * Replaces loads from a variable, in a straight line from where its address is taken.
   * @returns whether nobody needs the address any more
   */
  #foldLoads(at: number, symbol: ElfSymbol): boolean {
    const variable = symbol.value + this.#code.getInt32(at + 4, true);
    const register = read(this.#code, at).dst;
    const from = at + 2 * instructionBytes;
    // What jumps to an instruction may bring another value in the register.
    for (let next = from; next < this.#code.byteLength && !this.#targets.has(next); next += instructionBytes) {
      const instruction = read(this.#code, next);
      if (isJump(instruction) && instruction.opcode !== CALL) break;
      const isFolded = this.#foldLoad(next, instruction, register, variable);
      if (isFolded && instruction.dst === register) return true;
      // Anything else may change the register.
      if (!isFolded && useOf(instruction, register) !== "none") break;
      if (instruction.opcode === LD_IMM64) next += instructionBytes;
    }
    return !this.#isNeeded(from, register);
  }

  /** Whether some way from an instruction on reads the register before it is overwritten. */
  #isNeeded(from: number, register: number): boolean {
    const seen = new Set<number>();
    const pending = [from];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      if (seen.has(at) || at >= this.#code.byteLength) continue;
      seen.add(at);
      const instruction = read(this.#code, at);
      const { opcode, offset } = instruction;
      const use = useOf(instruction, register);
      if (use === "reads") return true;
      if (use === "overwrites" || opcode === EXIT) continue;
      if (isJump(instruction) && opcode !== CALL) pending.push(at + instructionBytes * (offset + 1));
      if (!isUnconditional(opcode)) pending.push(at + instructionBytes * (opcode === LD_IMM64 ? 2 : 1));
    }
    return false;
  }

  #foldLoad(at: number, { opcode, dst, src, offset }: Instruction, register: number, variable: number): boolean {
    const bytes = loadBytes.get(opcode & 0x18);
    if ((opcode & 7) !== BPF_LDX || (opcode & 0xe0) !== BPF_MEM || src !== register || bytes === undefined) return false;
    const from = variable + offset;
    if (from < 0 || from + bytes > this.constants.bytes.byteLength) return false;
    let value = 0n;
    for (let byte = bytes - 1; byte >= 0; byte--) value = (value << 8n) | BigInt(this.constants.bytes.getUint8(from + byte));
    const immediate = immediateOf(value, bytes);
    if (!immediate) return false;
    write(this.#code, at, immediate[0], dst, immediate[1]);
    return true;
  }

  /** Two jumps to what follows, which the verifier removes. */
  #skip(at: number): void {
    write(this.#code, at, JA, 0, 0);
    write(this.#code, at + instructionBytes, JA, 0, 0);
  }
}

/**
 * Puts the constants, with the values that they have in the object, into the code.
 * @param object an object of our linker; it is changed in place
 */
export function foldConstants(object: Uint8Array): void {
  const elf = new ElfCode(object);
  const constants = elf.section(".rodata");
  if (constants) for (const code of elf.code()) new Folder(code, constants).fold();
}

/** Calls of functions that only call a function of the kernel become calls of that one. The object is changed in place. */
export function skipWrappers(object: Uint8Array): void {
  const elf = new ElfCode(object);
  const sections = elf.code();
  const wrapped = new Map<ElfSymbol, ElfSymbol>();
  for (const symbol of elf.symbols) {
    const section = symbol.name === "" ? undefined : sections.find(({ index }) => index === symbol.section);
    const called = section?.relocations.get(symbol.value);
    if (!section || called?.type !== R_BPF_64_32 || called.symbol.section !== 0) continue;
    const next = symbol.value + instructionBytes;
    if (read(section.code, symbol.value).opcode === CALL && next < section.code.byteLength && read(section.code, next).opcode === EXIT)
      wrapped.set(symbol, called.symbol);
  }
  for (const { relocations } of sections)
    for (const each of relocations.values()) {
      const kernelFunction = each.type === R_BPF_64_32 ? wrapped.get(each.symbol) : undefined;
      if (kernelFunction) each.redirect(kernelFunction);
    }
}
