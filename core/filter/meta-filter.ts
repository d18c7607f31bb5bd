/** The meta filter `-m`: an expression about members of the kernel's structs, made into an object to link. */
import { readFileSync } from "node:fs";
import entryObject from "../../bpf/probe/raw-tracepoint.bpf.o" with { type: "file" };
import metaObject from "../../bpf/filter/meta.bpf.o" with { type: "file" };
import type { FilterRoot } from "../api/filter-root.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { metaCode, type RootSources } from "./meta-code.ts";
import type { Condition, MemberPath, Root } from "./meta-condition.ts";
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

/** What every run has. */
const ownRoots: FilterRoots = {
  net_device: { arguments: ["struct net_device *"], from: ["sk_buff.dev"] },
  net: { arguments: ["struct net *"], from: ["sk_buff.dev.nd_net.net", "sk_buff.sk.__sk_common.skc_net.net"] },
  sock: { arguments: ["struct sock *"], from: ["sk_buff.sk"] },
};

/** Roots beside `sk_buff` by the names of their structs. */
export type FilterRoots = Readonly<Record<string, FilterRoot>>;

const packetRoot: Root = "sk_buff";

/** What an expression without further roots can begin with. */
export const usualRoots: readonly Root[] = [packetRoot, ...Object.keys(ownRoots)];

/**
 * Compiles an expression for the running kernel.
 * @param further roots of collectors; those of core keep their names
 * @throws TraceError that points at what cannot be parsed or is not in this kernel's types
 */
export function prepareMetaFilter(expression: string, kernel: Kernel, further: FilterRoots = {}): MetaFilter {
  const roots = { ...further, ...ownRoots };
  const condition = resolveMetaFilter(kernel, expression, parseMetaFilter(expression), [
    ...new Set([...usualRoots, ...Object.keys(roots)]),
  ]);
  const used = usedRoots(condition);
  const sources: RootSources = new Map(
    used.map((root, index) => [root, { slot: firstSlot + index, fallbacks: fallbacksOf(kernel, roots[root]?.from) }]),
  );
  const code = metaCode(condition, metaFrame(readFileSync(entryObject)), sources);
  return {
    object: { name: "meta filter", bytes: patchFunction(readFileSync(metaObject), "retis_filter_meta", code, "meta filter") },
    argumentTypes: used.map((root) => roots[root]?.arguments ?? []),
  };
}

/** Roots other than the skb, each once. */
function usedRoots(condition: Condition): readonly Root[] {
  const roots = new Set<Root>();
  addRoots(condition, roots);
  return [...roots].filter((root) => root !== packetRoot);
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
function fallbacksOf(kernel: Kernel, from: readonly string[] = []): readonly MemberPath[] {
  return from.flatMap((text) => {
    try {
      const term = parseMetaFilter(text);
      if (term.kind !== "term" || term.comparison !== undefined) return [];
      return [pointeePath(walkMembers(kernel, text, term, [packetRoot]), term.members.at(-1)?.mask?.value)];
    } catch {
      return [];
    }
  });
}
