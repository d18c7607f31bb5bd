import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Btf } from "../btf.ts";

const clang = Bun.which("clang-19") ?? Bun.which("clang");
const objcopy = Bun.which("llvm-objcopy-19") ?? Bun.which("llvm-objcopy");

/** Why tests that compile C cannot run here; undefined when they can. */
export const cannotCompile = clang === null ? "clang is not installed" : objcopy === null ? "llvm-objcopy is not installed" : undefined;

/** The BTF that clang writes for a C file of this folder. */
export function compileBtf(file: string): Btf {
  const folder = mkdtempSync(join(tmpdir(), "retis-btf-"));
  try {
    run([clang!, "-g", "-O2", "-target", "bpf", "-c", join(import.meta.dir, file), "-o", join(folder, "object")]);
    run([objcopy!, "--dump-section", `.BTF=${join(folder, "btf")}`, join(folder, "object")]);
    return Btf.parse(readFileSync(join(folder, "btf")));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run(command: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(command, { stderr: "pipe" });
  if (exitCode !== 0) throw new Error(`${command[0]} failed: ${stderr.toString()}`);
}
