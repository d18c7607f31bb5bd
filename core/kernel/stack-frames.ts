/** Kernel addresses of a stack as text: `symbol+0xoffset`, ` [module]` after it when it is in one. */
import type { FrameLookup } from "../api/wire.ts";
import type { KernelSymbols } from "./symbols.ts";

/** Frames that belong to the tracing itself, from our program up to what called the tracepoint. */
const tracingFrame =
  /^(bpf_prog_|bpf_trace_run|__bpf_trace_|__traceiter_|bpf_get_stack|bpf_trampoline_|kprobe_|fprobe_|ftrace_|arch_ftrace_|rethook_|arch_rethook_|__rethook_)/;
/** They are at the start of a stack, and there are only a few. */
const tracingDepth = 8;

function addressAt(words: Uint32Array, at: number): bigint {
  return (BigInt(words[at + 1] ?? 0) << 32n) | BigInt(words[at] ?? 0);
}

/**
 * A lookup for stacks. Symbols are read when the first stack shows up: by then our own programs are loaded and have
 * names, so that their frames can be distinguished from the kernel's.
 */
export function stackFrames(readSymbols: () => KernelSymbols): FrameLookup {
  let symbols: KernelSymbols | undefined;
  const texts = new Map<bigint, string>();

  const describe = (address: bigint): string => {
    symbols ??= readSymbols();
    const location = symbols.addressesHidden ? undefined : symbols.nearest(address);
    if (!location) return `0x${address.toString(16)}`;
    return `${location.name}+0x${location.offset.toString(16)}${location.module === undefined ? "" : ` [${location.module}]`}`;
  };
  const textOf = (address: bigint): string => {
    const known = texts.get(address);
    if (known !== undefined) return known;
    const text = describe(address);
    texts.set(address, text);
    return text;
  };

  return (words, at, count) => {
    const frames: string[] = [];
    for (let i = 0; i < count; i++) {
      const address = addressAt(words, at + 2 * i);
      if (address === 0n) break;
      frames.push(textOf(address));
    }
    const own = frames.slice(0, tracingDepth).findLastIndex((frame) => tracingFrame.test(frame));
    const kernel = frames.slice(own + 1);
    return kernel.length > 0 ? kernel : undefined;
  };
}
