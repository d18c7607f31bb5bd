import type { SymbolAddresses } from "./symbol-addresses.ts";

/** Of x86-64 and of arm64 with small pages (THREAD_SIZE, arch/.../include/asm). */
const usualBytes = 16384;

const tasks = ["init_stack", "init_task"];
/** Symbols that {@link stackSizeOf} looks up. */
export const stackMarks = tasks.flatMap((name) => [`__start_${name}`, `__end_${name}`]);

/**
 * Bytes of a kernel stack: the distance of the linker's marks around the first task's, where kallsyms has them (its name
 * changed with 6.10), otherwise the usual size.
 */
export function stackSizeOf(addresses: Pick<SymbolAddresses, "of">): number {
  for (const name of tasks) {
    const [[start], [end]] = [addresses.of(`__start_${name}`), addresses.of(`__end_${name}`)];
    const bytes = start === undefined || end === undefined ? 0 : Number(end - start);
    if (bytes >= 4096 && (bytes & (bytes - 1)) === 0) return bytes;
  }
  return usualBytes;
}
