/** Enumerations of the running kernel, which are the only source of names for values that change with each release. */
import type { Btf, BtfEnumValue } from "./btf.ts";
import type { TypeSource } from "./kernel-types.ts";

/** Values of an enum of vmlinux or any module, 32 or 64 bit, in source order; undefined when there is no such enum. */
export function enumValues(kernel: TypeSource, name: string): readonly BtfEnumValue[] | undefined {
  const found = kernel.findType(name, "enum") ?? kernel.findType(name, "enum64");
  return found?.btf.enumValues(found.id);
}

/** Values of the first enum that has this one, for enums without a name. Looks through all of one BTF: some milliseconds. */
export function enumWith(btf: Btf, name: string): readonly BtfEnumValue[] | undefined {
  for (let id = btf.firstId; id < btf.endId; id++) {
    const kind = btf.kind(id);
    if (kind !== "enum" && kind !== "enum64") continue;
    const values = btf.enumValues(id);
    if (values.some((value) => value.name === name)) return values;
  }
  return undefined;
}

/**
 * Names by value. Where several names share a value the first stays, as later ones are aliases such as `..._LAST`.
 * @param prefixes removed from the names, in this order and each as often as it occurs
 */
export function enumNames(values: readonly BtfEnumValue[], prefixes: readonly string[] = []): ReadonlyMap<number | bigint, string> {
  const names = new Map<number | bigint, string>();
  for (const { name, value } of values) {
    if (!names.has(value)) names.set(value, prefixes.reduce(withoutPrefix, name));
  }
  return names;
}

function withoutPrefix(name: string, prefix: string): string {
  return prefix !== "" && name.startsWith(prefix) ? withoutPrefix(name.slice(prefix.length), prefix) : name;
}
