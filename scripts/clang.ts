/** LLVM's tools and the flags of BPF objects, for build.ts and for tests that compile C. */

/** The newest installed tool of an LLVM family, e.g. `clang-19`, `clang`; undefined when there is none. */
export function findLlvmTool(name: string): string | undefined {
  const versions = Array.from({ length: 12 }, (_, index) => `${name}-${25 - index}`);
  return [...versions, name].find((candidate) => Bun.which(candidate) !== null);
}

/** Warnings are errors in all C of this tree. */
export const warningFlags: readonly string[] = ["-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter"];

/**
 * Flags of every BPF object.
 * @param include directory of `retis/hook.h`
 * @param arch as in `__TARGET_ARCH_…`
 */
export function bpfFlags(include: string, arch: "x86" | "arm64"): readonly string[] {
  // -mcpu=v3: 32-bit jumps, known to every kernel from 5.10 on.
  const code = ["-g", "-O2", "-target", "bpf", "-mcpu=v3", `-D__TARGET_ARCH_${arch}`, "-I", include];
  // The verifier allows 512 bytes (MAX_BPF_STACK) for a probe, a hook, which bpf/README.md promises 192, and a function that it calls.
  return [...code, ...warningFlags, "-Wframe-larger-than=256"];
}
