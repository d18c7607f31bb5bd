import type { Host, OpenNamespace } from "../../core/api/collector.ts";
import { reasonOf } from "../../core/base/errors.ts";
import { readGeneration } from "./generation.ts";
import { networkNamespaces, namespaceAt, type NamespacePlaces } from "./network-namespaces.ts";
import { runNft } from "./nft-program.ts";
import type { Listing, NamespaceView } from "./namespace-rules.ts";
import type { RuleSource } from "./rule-texts.ts";

/** `-s`: without the values of counters, which are another text each time. `-t`: without what is in named sets. */
const listing = ["-s", "-t", "-a", "list", "ruleset"];
/** Number of the namespace's descriptor in a child, after its standard ones. */
const childDescriptor = 3;
/** How often rules are listed that change meanwhile. */
const tries = 2;

/** What of the host is needed. */
type RuleHost = Pick<Host, "openNamespace" | "now" | "log">;

/** Lists rule sets in the namespaces that these places lead to. Those without a name or a process cannot be entered. */
export class RuleLister implements RuleSource {
  readonly #places: NamespacePlaces;
  readonly #host: RuleHost;
  #paths: ReadonlyMap<number, string> = new Map();
  #warned = false;

  constructor(places: NamespacePlaces, host: RuleHost) {
    this.#places = places;
    this.#host = host;
  }

  /** Inode numbers of all namespaces that can be entered now. */
  all(): readonly number[] {
    this.#paths = networkNamespaces(this.#places);
    return [...this.#paths.keys()];
  }

  readonly view = (netns: number): NamespaceView | undefined => {
    using namespace = this.#open(netns);
    return namespace && this.#viewOf(namespace);
  };

  readonly list = (netns: number): Listing | undefined => {
    using namespace = this.#open(netns);
    if (namespace === undefined) return undefined;
    try {
      return this.#listIn(namespace);
    } catch (error) {
      this.#host.log[this.#warned ? "debug" : "warn"](`nft: the texts of rules in namespace ${netns} are missing: ${reasonOf(error)}`);
      this.#warned = true;
      return undefined;
    }
  };

  #listIn(namespace: OpenNamespace): Listing | undefined {
    const isOwn = namespace.inode === namespaceAt(`${this.#places.proc}/self/ns/net`);
    const wrapper = isOwn ? [] : ["nsenter", `--net=/proc/self/fd/${childDescriptor}`];
    for (let i = 0; i < tries; i++) {
      const generation = readGeneration(namespace);
      const text = runNft(listing, wrapper, isOwn ? [] : [namespace.descriptor]);
      if (readGeneration(namespace) === generation) return { ...this.#viewOf(namespace), generation, text };
    }
    return undefined;
  }

  #viewOf({ cookie, since }: OpenNamespace): NamespaceView {
    return { cookie, since, at: this.#host.now() };
  }

  #open(netns: number): OpenNamespace | undefined {
    const known = this.#openAt(this.#paths.get(netns), netns);
    if (known !== undefined) return known;
    this.all();
    return this.#openAt(this.#paths.get(netns), netns);
  }

  #openAt(path: string | undefined, netns: number): OpenNamespace | undefined {
    const namespace = path === undefined ? undefined : this.#host.openNamespace(path);
    if (namespace?.inode === netns) return namespace;
    namespace?.[Symbol.dispose]();
    return undefined;
  }
}
