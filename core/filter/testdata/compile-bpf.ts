import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { elfSections } from "../../probe/elf-sections.ts";

const root = join(import.meta.dir, "../../..");
const clang = Bun.which("clang-19") ?? Bun.which("clang");

/** Why tests that compile C cannot run here; undefined when they can. */
export const cannotCompile = clang === null ? "clang is not installed" : undefined;

/** Compiles a C file of this folder with the flags of build.ts. */
export function compileBpf(file: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "retis-bpf-"));
  try {
    const object = join(folder, "object");
    const flags = [
      "-g",
      "-O2",
      "-target",
      "bpf",
      "-mcpu=v3",
      "-I",
      join(root, "bpf/include"),
      "-Wall",
      "-Wextra",
      "-Werror",
      "-Wno-unused-parameter",
    ];
    const { exitCode, stderr } = Bun.spawnSync([clang!, ...flags, "-c", join(import.meta.dir, file), "-o", object], { stderr: "pipe" });
    if (exitCode !== 0) throw new Error(`${file}: ${stderr.toString()}`);
    return readFileSync(object);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The BTF in an object, as the kernel would show it. */
export function btfOf(object: Uint8Array): Uint8Array {
  const btf = elfSections(object).get(".BTF");
  if (btf === undefined) throw new Error("the object has no BTF");
  return btf;
}
