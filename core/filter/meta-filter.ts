/** The meta filter `-m`: an expression about members of the kernel's structs, made into an object to link. */
import { readFileSync } from "node:fs";
import entryObject from "../../bpf/probe/raw-tracepoint.bpf.o" with { type: "file" };
import metaObject from "../../bpf/filter/meta.bpf.o" with { type: "file" };
import type { Kernel } from "../kernel/kernel.ts";
import { metaCode, type RootSources } from "./meta-code.ts";
import type { Condition, MemberPath, Root } from "./meta-condition.ts";
import type { Term } from "./meta-expression.ts";
import { metaFrame } from "./meta-frame.ts";
import { parseMetaFilter } from "./meta-parser.ts";
import { resolveMetaFilter } from "./meta-resolver.ts";
import { pointeePath, walkMembers } from "./meta-walk.ts";
import { patchFunction } from "./filter-slot.ts";

/** A meta filter that can be linked. */
export interface MetaFilter {
  readonly object: { readonly name: string; readonly bytes: Uint8Array };
  /** Types of arguments that it reads, each as a list of exact type texts; they take the argument slots after those of the engine. */
  readonly argumentTypes: readonly (readonly string[])[];
}

/** The first argument slot after those of skb and socket. */
const firstSlot = 2;

/** Where a root is found: as an argument of the probe, or through these members of the skb. */
const rootPaths: Readonly<
  Record<Exclude<Root, "sk_buff">, { readonly argument: string; readonly members: readonly (readonly string[])[] }>
> = {
  net_device: { argument: "struct net_device *", members: [["dev"]] },
  net: {
    argument: "struct net *",
    members: [
      ["dev", "nd_net", "net"],
      ["sk", "__sk_common", "skc_net", "net"],
    ],
  },
  sock: { argument: "struct sock *", members: [["sk"]] },
};
type ArgumentRoot = keyof typeof rootPaths;

/**
 * Compiles an expression for the running kernel.
 * @throws TraceError that points at what cannot be parsed or is not in this kernel's types
 */
export function prepareMetaFilter(expression: string, kernel: Kernel): MetaFilter {
  const condition = resolveMetaFilter(kernel, expression, parseMetaFilter(expression));
  const used = usedRoots(condition);
  const sources: RootSources = new Map(
    used.map((root, index) => [root, { slot: firstSlot + index, fallbacks: fallbacksOf(kernel, root) }]),
  );
  const code = metaCode(condition, metaFrame(readFileSync(entryObject)), sources);
  return {
    object: { name: "meta filter", bytes: patchFunction(readFileSync(metaObject), "retis_filter_meta", code, "meta filter") },
    argumentTypes: used.map((root) => [rootPaths[root].argument]),
  };
}

/** Roots other than the skb, each once. */
function usedRoots(condition: Condition): readonly ArgumentRoot[] {
  const roots = new Set<Root>();
  addRoots(condition, roots);
  return [...roots].filter((root) => root !== "sk_buff");
}

function addRoots(condition: Condition, roots: Set<Root>): void {
  switch (condition.kind) {
    case "not":
      return addRoots(condition.operand, roots);
    case "and":
    case "or":
      addRoots(condition.left, roots);
      return addRoots(condition.right, roots);
    default:
      roots.add(condition.path.root);
  }
}

/** The members of the skb that lead to a root, as far as this kernel has them (without CONFIG_NET_NS there is no `net`). */
function fallbacksOf(kernel: Kernel, root: ArgumentRoot): readonly MemberPath[] {
  return rootPaths[root].members.flatMap((names) => {
    const span = { start: 0, end: 0 };
    const members = names.map((name) => ({ name, indexes: [], mask: undefined, cast: undefined, ...span }));
    const term: Term = { kind: "term", root: { name: "sk_buff", ...span }, members, comparison: undefined, ...span };
    try {
      return [pointeePath(walkMembers(kernel, names.join("."), term), undefined)];
    } catch {
      return [];
    }
  });
}
