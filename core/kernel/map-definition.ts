/** How a BPF object defines a map, from its BTF: see "BTF-defined maps" in libbpf, `__uint` and `__type` of bpf_helpers.h. */
import type { Btf } from "./btf.ts";
import { type FieldType, fieldType } from "./struct-layout.ts";

/** `enum bpf_map_type` of include/uapi/linux/bpf.h: those whose values are per CPU. */
const perCpuTypes: ReadonlySet<number> = new Set([5, 6, 10]);

export interface MapDefinition {
  readonly key: FieldType;
  readonly value: FieldType;
  readonly perCpu: boolean;
}

/** The definition of a map by its name; undefined when there is none, or it does not say the types of key and value. */
export function mapDefinition(btf: Btf, name: string): MapDefinition | undefined {
  const section = btf.findByName(".maps", "datasec");
  const type = section === undefined ? undefined : btf.type(section);
  if (type?.kind !== "datasec") return undefined;
  const variable = type.variables.map(({ typeId }) => btf.type(typeId)).find((one) => one.kind === "var" && one.name === name);
  if (variable?.kind !== "var") return undefined;
  const members = new Map(btf.members(variable.typeId).map((member) => [member.name, member.typeId]));
  const key = pointedTo(btf, members.get("key"));
  const value = pointedTo(btf, members.get("value"));
  return key && value && { key, value, perCpu: perCpuTypes.has(numberOf(btf, members.get("type"))) };
}

/** `__type(key, T)` is a pointer to T. */
function pointedTo(btf: Btf, id: number | undefined): FieldType | undefined {
  const type = id === undefined ? undefined : btf.type(btf.resolve(id));
  return type?.kind === "ptr" ? fieldType(btf, type.typeId) : undefined;
}

/** `__uint(type, N)` is a pointer to an array of N integers. */
function numberOf(btf: Btf, id: number | undefined): number {
  const pointer = id === undefined ? undefined : btf.type(btf.resolve(id));
  const array = pointer?.kind === "ptr" ? btf.type(btf.resolve(pointer.typeId)) : undefined;
  return array?.kind === "array" ? array.length : -1;
}
