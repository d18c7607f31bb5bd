/** What a hook object declares with the macros of `<retis/hook.h>`, read from its BTF without loading it. */
import { readFileSync } from "node:fs";
import { Btf } from "../kernel/btf.ts";
import { type StructLayout, structLayout } from "../kernel/struct-layout.ts";
import { elfSections } from "../libbpf/elf-sections.ts";

export interface HookDeclarations {
  /** Names of the hook functions; a correct object has one. */
  readonly hooks: readonly string[];
  /** `RETIS_SECTION(collector, name, type)` by `collector__section_name`. */
  readonly sections: ReadonlyMap<string, StructLayout>;
  /** Names of the variables of `RETIS_ARG` and `RETIS_CONST`: `collector__arg_name`, `collector__const_name`. */
  readonly args: readonly string[];
  readonly constants: readonly string[];
  /** Those of `RETIS_LOSS`: `collector__loss_name`. */
  readonly losses: readonly string[];
}

/** Reads the object at `path`. Throws an Error when it is not a BPF object with BTF. */
export function readHookDeclarations(path: string): HookDeclarations {
  const bytes = elfSections(readFileSync(path)).get(".BTF");
  if (!bytes) throw new Error(`${path} has no BTF: compile it with -g`);
  const btf = Btf.parse(bytes.slice());
  const variables = readOnlyVariables(btf);
  const named = (part: string) => [...variables.keys()].filter((name) => name.includes(part));
  return {
    hooks: [...btf.ownNames("func", (name) => /^retis_(hook|ctxh)_XX$/.test(name))],
    sections: new Map(named("__section_").map((name) => [name, sectionLayout(btf, name, variables.get(name) ?? 0)])),
    args: named("__arg_"),
    constants: named("__const_"),
    losses: named("__loss_"),
  };
}

/** Ids of the types of the variables in `.rodata`, by name. */
function readOnlyVariables(btf: Btf): ReadonlyMap<string, number> {
  const id = btf.findByName(".rodata", "datasec");
  const type = id === undefined ? undefined : btf.type(id);
  if (type?.kind !== "datasec") return new Map();
  const variables = type.variables.map(({ typeId }) => btf.type(typeId));
  return new Map(variables.flatMap((variable) => (variable.kind === "var" ? [[variable.name, variable.typeId] as const] : [])));
}

/** The struct of the member `layout` of a section's variable, an array of no elements. */
function sectionLayout(btf: Btf, name: string, typeId: number): StructLayout {
  const member = btf.members(typeId).find((candidate) => candidate.name === "layout");
  const array = member && btf.type(btf.resolve(member.typeId));
  const layout = array?.kind === "array" ? structLayout(btf, array.elementTypeId) : undefined;
  if (!layout) throw new Error(`${name} does not give a struct`);
  return layout;
}
