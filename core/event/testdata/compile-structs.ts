import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Btf } from "../../kernel/btf.ts";

const clang = Bun.which("clang-19") ?? Bun.which("clang");
const objcopy = Bun.which("llvm-objcopy-19") ?? Bun.which("llvm-objcopy");

/** Why C cannot be compiled here; undefined when it can. */
export const cannotCompile = clang === null ? "clang is not installed" : objcopy === null ? "llvm-objcopy is not installed" : undefined;

const types = ["8:char", "16:short", "32:int", "64:long long"].map((entry) => {
  const [bits, name] = entry.split(":");
  return `typedef unsigned ${name} u${bits}; typedef signed ${name} s${bits};`;
});

/** The BTF of structs given as C source; `u8` … `s64` are known to it. */
export function compileStructs(structs: readonly { readonly name: string; readonly source: string }[]): Btf {
  const folder = mkdtempSync(join(tmpdir(), "retis-structs-"));
  try {
    const uses = structs.map(({ name }) => `struct ${name} *use_${name};`);
    writeFileSync(join(folder, "structs.c"), [...types, ...structs.map(({ source }) => source), ...uses].join("\n"));
    run([clang!, "-g", "-O2", "-target", "bpf", "-c", join(folder, "structs.c"), "-o", join(folder, "object")]);
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
