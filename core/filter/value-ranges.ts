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
  isExtraLoad,
  loadSize,
  modeOf,
  successors,
} from "./cbpf.ts";

export interface ValueRanges {
  /** The packet is known to have at least so many bytes: an earlier load on every way here proved it. */
  readonly bytes: number;
  /** X is at most this. */
  readonly maxX: number;
}

const maxWord = 0xffff_ffff;
/** X after `ldx 4*([k]&0xf)`. */
const maxHeaderLength = 60;

/** End of what a load takes from a fixed place in the packet; undefined for other instructions. */
export function fixedLoadEnd(instruction: ClassicInstruction): number | undefined {
  if (classOf(instruction) === BPF_LDX && modeOf(instruction) === BPF_MSH) return instruction.k + 1;
  if (isExtraLoad(instruction)) return undefined;
  if (classOf(instruction) === BPF_LD && modeOf(instruction) === BPF_ABS) return instruction.k + loadSize(instruction);
  return undefined;
}

function maxXAfter(instruction: ClassicInstruction, before: number): number {
  if (classOf(instruction) === BPF_MISC) return (instruction.code & BPF_TXA) === 0 ? maxWord : before;
  if (classOf(instruction) !== BPF_LDX) return before;
  if (modeOf(instruction) === BPF_MSH) return maxHeaderLength;
  return modeOf(instruction) === BPF_IMM ? instruction.k : maxWord;
}

function rangesAfter(instruction: ClassicInstruction, { bytes, maxX }: ValueRanges): ValueRanges {
  return { bytes: Math.max(bytes, fixedLoadEnd(instruction) ?? 0), maxX: maxXAfter(instruction, maxX) };
}

/** What holds on both of two ways to a place. */
function joined(one: ValueRanges, other: ValueRanges): ValueRanges {
  return { bytes: Math.min(one.bytes, other.bytes), maxX: Math.max(one.maxX, other.maxX) };
}

/** Ranges before each instruction; undefined where it is never reached. Loops make ranges wider until they hold on every round. */
export function valueRanges(program: readonly ClassicInstruction[]): readonly (ValueRanges | undefined)[] {
  const ranges: (ValueRanges | undefined)[] = [{ bytes: 0, maxX: 0 }];
  const changed = [0];
  for (let index = changed.pop(); index !== undefined; index = changed.pop()) {
    const [instruction, before] = [program[index], ranges[index]];
    if (!instruction || !before) continue;
    const after = rangesAfter(instruction, before);
    for (const next of successors(instruction, index)) {
      const known = ranges[next];
      const now = known ? joined(known, after) : after;
      if (known && known.bytes === now.bytes && known.maxX === now.maxX) continue;
      ranges[next] = now;
      changed.push(next);
    }
  }
  return ranges;
}
