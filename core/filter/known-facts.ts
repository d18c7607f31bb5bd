/** What is known to hold whenever a classic instruction is reached; it makes checks and code for other cases needless. */
import { BPF_ABS, BPF_IMM, BPF_LD, BPF_LDX, BPF_MISC, BPF_MSH, BPF_TXA, type ClassicInstruction, classOf, loadSize, modeOf, successors } from "./cbpf.ts";

export interface KnownFacts {
  /** The packet is known to have at least so many bytes: an earlier load on every way here proved it. */
  readonly bytes: number;
  /** X is at most this. */
  readonly mostX: number;
}

const mostWord = 0xffff_ffff;
/** X after `ldx 4*([k]&0xf)`. */
const mostHeaderLength = 60;

/** End of what a load takes from a fixed place in the packet; undefined for other instructions. */
export function fixedLoadEnd(instruction: ClassicInstruction): number | undefined {
  if (classOf(instruction) === BPF_LDX && modeOf(instruction) === BPF_MSH) return instruction.k + 1;
  if (classOf(instruction) === BPF_LD && modeOf(instruction) === BPF_ABS) return instruction.k + loadSize(instruction);
  return undefined;
}

function mostXAfter(instruction: ClassicInstruction, before: number): number {
  if (classOf(instruction) === BPF_MISC) return (instruction.code & BPF_TXA) === 0 ? mostWord : before;
  if (classOf(instruction) !== BPF_LDX) return before;
  if (modeOf(instruction) === BPF_MSH) return mostHeaderLength;
  return modeOf(instruction) === BPF_IMM ? instruction.k : mostWord;
}

function factsAfter(instruction: ClassicInstruction, { bytes, mostX }: KnownFacts): KnownFacts {
  return { bytes: Math.max(bytes, fixedLoadEnd(instruction) ?? 0), mostX: mostXAfter(instruction, mostX) };
}

/** Facts before each instruction; undefined where it is never reached. One pass is enough as all jumps go forward. */
export function knownFacts(program: readonly ClassicInstruction[]): readonly (KnownFacts | undefined)[] {
  const facts: (KnownFacts | undefined)[] = [{ bytes: 0, mostX: 0 }];
  program.forEach((instruction, index) => {
    const before = facts[index];
    if (!before) return;
    const after = factsAfter(instruction, before);
    for (const next of successors(instruction, index)) {
      const known = facts[next] ?? after;
      facts[next] = { bytes: Math.min(known.bytes, after.bytes), mostX: Math.max(known.mostX, after.mostX) };
    }
  });
  return facts;
}
