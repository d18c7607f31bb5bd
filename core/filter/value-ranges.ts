/** What is known to hold whenever a classic instruction is reached; it makes checks and code for other cases needless. */
import {
  BPF_ABS,
  BPF_IMM,
  BPF_LD,
  BPF_LDX,
  BPF_MISC,
  BPF_MSH,
  BPF_TXA,
  type ClassicInstruction,
  classOf,
  loadSize,
  modeOf,
  successors,
} from "./cbpf.ts";

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

/** What holds on both of two ways to a place. */
function joined(one: KnownFacts, other: KnownFacts): KnownFacts {
  return { bytes: Math.min(one.bytes, other.bytes), mostX: Math.max(one.mostX, other.mostX) };
}

/** Facts before each instruction; undefined where it is never reached. Loops make facts weaker until they hold on every round. */
export function knownFacts(program: readonly ClassicInstruction[]): readonly (KnownFacts | undefined)[] {
  const facts: (KnownFacts | undefined)[] = [{ bytes: 0, mostX: 0 }];
  const changed = [0];
  for (let index = changed.pop(); index !== undefined; index = changed.pop()) {
    const [instruction, before] = [program[index], facts[index]];
    if (!instruction || !before) continue;
    const after = factsAfter(instruction, before);
    for (const next of successors(instruction, index)) {
      const known = facts[next];
      const now = known ? joined(known, after) : after;
      if (known && known.bytes === now.bytes && known.mostX === now.mostX) continue;
      facts[next] = now;
      changed.push(next);
    }
  }
  return facts;
}
