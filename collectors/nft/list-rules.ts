import { networkNamespaces, namespaceAt, type NamespacePlaces } from "./network-namespaces.ts";
import { runNft } from "./nft-program.ts";
import type { ListRules } from "./rule-texts.ts";

/** `-s`: without the values of counters, which are another text each time. `-t`: without what is in named sets. */
const listing = ["-s", "-t", "-a", "list", "ruleset"];

/** Lists rule sets in the namespaces that these places lead to. Those without a name or a process cannot be entered. */
export function ruleLister(places: NamespacePlaces): { readonly list: ListRules; readonly all: () => readonly number[] } {
  let paths: ReadonlyMap<number, string> = new Map();
  const all = () => [...(paths = networkNamespaces(places)).keys()];
  const pathOf = (netns: number) => {
    const path = paths.get(netns);
    if (path !== undefined && namespaceAt(path) === netns) return path;
    all();
    return paths.get(netns);
  };
  const list = (netns: number) => {
    const path = pathOf(netns);
    if (path === undefined) return undefined;
    try {
      return runNft(listing, netns === namespaceAt(`${places.proc}/self/ns/net`) ? [] : ["nsenter", `--net=${path}`]);
    } catch {
      // The namespace is gone, or nft is not here.
      return undefined;
    }
  };
  return { list, all };
}
