import type { HostLog } from "../../core/api/collector.ts";
import { reasonOf } from "../../core/base/errors.ts";
import { networkNamespaces, namespaceAt, type NamespacePlaces } from "./network-namespaces.ts";
import { runNft } from "./nft-program.ts";
import type { ListRules } from "./rule-texts.ts";

/** `-s`: without the values of counters, which are another text each time. `-t`: without what is in named sets. */
const listing = ["-s", "-t", "-a", "list", "ruleset"];

/** Lists rule sets in the namespaces that these places lead to. Those without a name or a process cannot be entered. */
export function ruleLister(places: NamespacePlaces, log: HostLog): { readonly list: ListRules; readonly all: () => readonly number[] } {
  let isTold = false;
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
    } catch (error) {
      log[isTold || namespaceAt(path) !== netns ? "debug" : "warn"](
        `nft: the texts of rules in namespace ${netns} are missing: ${reasonOf(error)}`,
      );
      isTold = true;
      return undefined;
    }
  };
  return { list, all };
}
