import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Kernel } from "../../kernel/kernel.ts";
import { btfOf, compileBpf } from "./compile-bpf.ts";

/** A kernel whose types are those of meta-types.bpf.c, and of modules when BTF of some is given. */
export function metaKernel(modules: Readonly<Record<string, Uint8Array>> = {}): Kernel {
  const btfDir = mkdtempSync(join(tmpdir(), "retis-btf-"));
  writeFileSync(join(btfDir, "vmlinux"), btfOf(compileBpf("meta-types.bpf.c")));
  for (const [name, btf] of Object.entries(modules)) writeFileSync(join(btfDir, name), btf);
  process.once("exit", () => rmSync(btfDir, { recursive: true, force: true }));
  return new Kernel({ btfDir });
}
