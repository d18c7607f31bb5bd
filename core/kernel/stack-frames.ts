/** Kernel addresses as text: `symbol+0xoffset`, ` [module]` after it when it is in one. */
import type { FrameLookup, LocationLookup } from "../api/wire.ts";
import { log } from "../base/log.ts";
import type { KernelSymbols } from "./symbols.ts";

/** Frames that belong to the tracing itself, from our program up to what called the tracepoint. */
const tracingFrame =
  /^(bpf_prog_|bpf_trace_run|__bpf_trace_|__traceiter_|bpf_get_stack|bpf_trampoline_|kprobe_|fprobe_|ftrace_|arch_ftrace_|rethook_|arch_rethook_|__rethook_)/;
/** They are at the start of a stack, and there are only a few. */
const tracingDepth = 8;
/** What a return address is while a return probe waits for its function. */
const returnTrampoline = /^(__)?(kretprobe_trampoline|arch_rethook_trampoline|return_to_handler|ftrace_return_to_handler)\b/;
/** Bytes of such a function that hold return addresses: those of bpf_trace_run* are the largest. */
const tracingFunctionBytes = 512n;

function addressAt(words: Uint32Array, at: number): bigint {
  return (BigInt(words[at + 1] ?? 0) << 32n) | BigInt(words[at] ?? 0);
}

interface Frame {
  readonly text: string;
  readonly isTracing: boolean;
}

/** Describes stacks; what it knows of an address stays. */
export class StackFrames {
  readonly #readSymbols: () => KernelSymbols;
  readonly #tracingFunctions: () => readonly bigint[];
  readonly #frames = new Map<bigint, Frame>();
  #symbols: KernelSymbols | undefined;
  #hiddenFunctions: readonly bigint[] = [];

  /**
   * @param readSymbols called once
   * @param tracingFunctions addresses of functions that belong to the tracing, for when the symbols hide theirs
   */
  constructor(readSymbols: () => KernelSymbols, tracingFunctions: () => readonly bigint[]) {
    this.#readSymbols = readSymbols;
    this.#tracingFunctions = tracingFunctions;
  }

  /**
   * Reads the symbols: call it when programs are loaded and so have names, and privileges are still there. Otherwise the first
   * stack does.
   */
  prepare(): void {
    if (this.#symbols) return;
    this.#symbols = this.#readSymbols();
    if (!this.#symbols.addressesHidden) return;
    this.#hiddenFunctions = this.#tracingFunctions();
    log.warn("Stacks and locations of drops show addresses without names: the kernel hides those of its symbols (kernel.kptr_restrict)");
  }

  /** Frames up to the first address that is 0, without those of the tracing itself. */
  readonly lookup: FrameLookup = (words, at, count) => {
    const frames: Frame[] = [];
    for (let i = 0; i < count; i++) {
      const address = addressAt(words, at + 2 * i);
      if (address === 0n) break;
      frames.push(this.#frameOf(address));
    }
    const own = frames.slice(0, tracingDepth).findLastIndex(({ isTracing }) => isTracing);
    const kernel = frames.slice(own + 1).map(({ text }) => text);
    return kernel.length > 0 ? kernel : undefined;
  };

  /** A place in the kernel's code. */
  readonly location: LocationLookup = (address) => {
    const { text } = this.#frameOf(address);
    return returnTrampoline.test(text) ? undefined : text;
  };

  #frameOf(address: bigint): Frame {
    const known = this.#frames.get(address);
    if (known !== undefined) return known;
    const frame = this.#describe(address);
    this.#frames.set(address, frame);
    return frame;
  }

  #describe(address: bigint): Frame {
    this.prepare();
    const location = this.#symbols?.addressesHidden ? undefined : this.#symbols?.nearest(address);
    if (!location) {
      const isTracing = this.#hiddenFunctions.some((start) => address > start && address - start < tracingFunctionBytes);
      return { text: `0x${address.toString(16)}`, isTracing };
    }
    const module = location.module === undefined ? "" : ` [${location.module}]`;
    const text = `${location.name}+0x${location.offset.toString(16)}${module}`;
    return { text, isTracing: tracingFrame.test(text) };
  }
}
