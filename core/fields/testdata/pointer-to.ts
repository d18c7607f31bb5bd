import type { Kernel } from "../../kernel/kernel.ts";

/** Id of the type of pointers to a struct. */
export function pointerTo(kernel: Kernel, struct: string): number {
  const btf = kernel.vmlinux;
  for (let id = btf.firstId; id < btf.endId; id++) {
    const type = btf.type(id);
    if (type.kind !== "ptr") continue;
    const target = btf.type(btf.resolve(type.typeId));
    if (target.kind === "struct" && target.name === struct) return id;
  }
  throw new Error(`no pointer to struct ${struct}`);
}
