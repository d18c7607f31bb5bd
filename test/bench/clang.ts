/** Compiles the C files of the benchmarks. */
import { join } from "node:path";
import { mustRun } from "../support/command.ts";

const root = join(import.meta.dir, "../..");
const warnings = ["-Wall", "-Wextra", "-Werror"];

function clang(): string {
  return Array.from({ length: 12 }, (_, index) => `clang-${25 - index}`).find((name) => Bun.which(name)) ?? "clang";
}

/** Makes a program for this machine of a file beside this one. */
export async function compileProgram(source: string, output: string): Promise<void> {
  await mustRun([clang(), "-O2", ...warnings, "-o", output, join(import.meta.dir, source)]);
}

/** Makes a BPF object of a file beside this one, with the flags of build.ts. */
export async function compileBpf(source: string, output: string): Promise<void> {
  const flags = ["-g", "-O2", "-target", "bpf", "-mcpu=v3", "-I", join(root, "bpf/include")];
  await mustRun([clang(), ...flags, ...warnings, "-c", join(import.meta.dir, source), "-o", output]);
}
