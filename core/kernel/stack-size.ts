import type { KernelSymbols } from "./symbols.ts";

/** Of x86-64 and of arm64 with small pages (THREAD_SIZE, arch/.../include/asm). */
const usualBytes = 16384;

/**
 * Bytes of a kernel stack: the distance of the linker's marks around the first task's, where kallsyms has them (its name
 * changed with 6.10), otherwise the usual size.
 */
export function stackSizeOf(symbols: Pick<KernelSymbols, "addressOf">): number {
  for (const name of ["init_stack", "init_task"]) {
    const [start, end] = [symbols.addressOf(`__start_${name}`), symbols.addressOf(`__end_${name}`)];
    const bytes = start === undefined || end === undefined ? 0 : Number(end - start);
    if (bytes >= 4096 && (bytes & (bytes - 1)) === 0) return bytes;
  }
  return usualBytes;
}
