import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Btf } from "../../kernel/btf.ts";
import { Kernel } from "../../kernel/kernel.ts";
import { btfBytes, compileBpf } from "../../../test/support/compile-c.ts";

/** Makes the split BTF of a module, given where the names and types of vmlinux end. */
export type ModuleBtf = (stringsStart: number, firstId: number) => Uint8Array;

/** Where the header of BTF has the length of its strings (struct btf_header). */
const stringLengthOffset = 20;

/** A kernel whose types are those of meta-types.bpf.c, and of a module `extra` when one is given. */
export function metaKernel(module?: ModuleBtf): Kernel {
  const btfDir = mkdtempSync(join(tmpdir(), "retis-btf-"));
  process.once("exit", () => rmSync(btfDir, { recursive: true, force: true }));
  const vmlinux = btfBytes(compileBpf({ source: { path: join(import.meta.dir, "meta-types.bpf.c") } }));
  writeFileSync(join(btfDir, "vmlinux"), vmlinux);
  if (module) {
    const strings = new DataView(vmlinux.buffer, vmlinux.byteOffset).getUint32(stringLengthOffset, true);
    writeFileSync(join(btfDir, "extra"), module(strings, Btf.parse(vmlinux).endId));
  }
  return new Kernel({ btfDir });
}
