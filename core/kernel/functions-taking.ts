import { functionTarget, type FunctionTarget, type TargetSources } from "./probe-targets.ts";
import { patternSource } from "./tracefs.ts";

/**
 * Functions in BTF that fit a pattern and have a parameter of one of these types (texts as `typeText` gives them), sorted
 * by name. Made for long lists: types are compared once, and only functions that take them have their names read. Not all can be
 * traced: what can be is in a list that takes the kernel longer to write than it takes to attach.
 */
export function functionsTaking(
  { types: kernelTypes }: TargetSources,
  pattern: string,
  types: ReadonlySet<string>,
): readonly FunctionTarget[] {
  const fits = new RegExp(`^${patternSource(pattern)}$`);
  const names = new Set<string>();
  for (const btf of [kernelTypes.vmlinux, ...kernelTypes.moduleNames().flatMap((name) => kernelTypes.module(name) ?? [])]) {
    const named = [...types].flatMap((type) => [...btf.allNamed(bareName(type))]);
    for (const id of btf.functionsTaking(named)) {
      const name = btf.name(id);
      if (fits.test(name)) names.add(name);
    }
  }
  // Several functions can share a name; the one that is found by it counts.
  const targets = [...names].sort().flatMap((name) => functionTarget({ types: kernelTypes }, name));
  return targets.filter(({ prototype }) => prototype.parameters.some(({ type }) => types.has(type)));
}

/** Those of them that ftrace lists as functions that it can trace; all where it lists none. */
export function traceableFunctionsTaking(sources: TargetSources, pattern: string, types: ReadonlySet<string>): readonly FunctionTarget[] {
  const functions = functionsTaking(sources, pattern, types);
  const traceable = sources.traceLists.functions(pattern);
  if (traceable === undefined) return functions;
  const listed = new Set(traceable);
  return functions.filter(({ name }) => listed.has(name));
}

/** `sk_buff` of `struct sk_buff *`. */
function bareName(type: string): string {
  return type.replace(/^(struct|union|enum) /, "").replace(/ \*+$/, "");
}
