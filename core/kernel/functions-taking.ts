import type { Btf } from "./btf.ts";
import { functionTarget, type FunctionTarget, type TargetSources } from "./probe-targets.ts";
import { typeText } from "./prototype.ts";
import { patternSource } from "./tracefs.ts";

/**
 * Functions that fit a pattern and have a parameter of one of these types (texts as {@link typeText} gives them), sorted
 * by name. Made for long lists: many functions share a prototype, and each prototype is looked at once. Where ftrace
 * lists what it can trace, only that counts.
 */
export function functionsTaking(sources: TargetSources, pattern: string, types: ReadonlySet<string>): readonly FunctionTarget[] {
  const fits = new RegExp(`^${patternSource(pattern)}$`);
  const names = new Set<string>();
  for (const btf of allBtf(sources)) addFunctions(btf, types, fits, names);
  const traceable = sources.traceLists.functions(pattern);
  const listed = traceable === undefined ? names : new Set(traceable);
  const targets = [...names]
    .filter((name) => listed.has(name))
    .sort()
    .flatMap((name) => functionTarget(sources, name));
  // Several functions can share a name; the one that is found by it counts.
  return targets.filter(({ prototype }) => prototype.parameters.some(({ type }) => types.has(type)));
}

function allBtf({ types }: TargetSources): readonly Btf[] {
  return [types.vmlinux, ...types.moduleNames().flatMap((name) => types.module(name) ?? [])];
}

function addFunctions(btf: Btf, types: ReadonlySet<string>, fits: RegExp, names: Set<string>): void {
  const prototypes = new Map<number, boolean>();
  for (let id = btf.firstId; id < btf.endId; id++) {
    if (btf.kind(id) !== "func") continue;
    const func = btf.type(id);
    if (func.kind !== "func" || !fits.test(func.name)) continue;
    let takes = prototypes.get(func.typeId);
    if (takes === undefined) prototypes.set(func.typeId, (takes = takesOneOf(btf, func.typeId, types)));
    if (takes) names.add(func.name);
  }
}

function takesOneOf(btf: Btf, prototypeId: number, types: ReadonlySet<string>): boolean {
  const prototype = btf.type(prototypeId);
  return prototype.kind === "funcProto" && prototype.parameters.some(({ typeId }) => types.has(typeText(btf, typeId)));
}
