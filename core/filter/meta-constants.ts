/** Names of constants in meta filters: values of the running kernel's enums. */
import type { Btf, BtfEnumValue } from "../kernel/btf.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { nearNames } from "../base/near-names.ts";

/** Values of one enum by name. */
export function enumConstants(btf: Btf, typeId: number): ReadonlyMap<string, bigint> {
  return new Map(btf.enumValues(typeId).map(({ name, value }) => [name, BigInt(value)]));
}

/** Distinct values that a name has in all enums of vmlinux; of the modules when vmlinux has none. */
export function findConstant(kernel: Kernel, name: string): ReadonlySet<bigint> {
  const values = valuesOf(kernel.vmlinux, name);
  return values.size > 0 ? values : new Set(modulesOf(kernel).flatMap((btf) => [...valuesOf(btf, name)]));
}

/** Names of constants in all enums that look like a name that is none. */
export function nearConstants(kernel: Kernel, name: string): readonly string[] {
  const names = [kernel.vmlinux, ...modulesOf(kernel)].flatMap((btf) => [...ownConstants(btf)].map((constant) => constant.name));
  return nearNames(name, names);
}

function modulesOf(kernel: Kernel): readonly Btf[] {
  return kernel.types.moduleNames().flatMap((name) => kernel.types.module(name) ?? []);
}

function valuesOf(btf: Btf, name: string): ReadonlySet<bigint> {
  return new Set([...ownConstants(btf)].filter((constant) => constant.name === name).map(({ value }) => BigInt(value)));
}

/** Values of all enums of one BTF without its base: some ten thousand, found in a few milliseconds. */
function* ownConstants(btf: Btf): Generator<BtfEnumValue> {
  for (let id = btf.firstId; id < btf.endId; id++) {
    const kind = btf.kind(id);
    if (kind === "enum" || kind === "enum64") yield* btf.enumValues(id);
  }
}
