/** Texts of rules, by what an event knows of them. */
import { type Handle, type Listing, NamespaceRules, type NamespaceView, type SeenRule } from "./namespace-rules.ts";

/** Where rule sets come from; by inode number of the namespace that has it now. */
export interface RuleSource {
  /** Undefined when it cannot be read. */
  list(netns: number): Listing | undefined;
  /** Undefined when there is no such namespace. */
  view(netns: number): NamespaceView | undefined;
}

/** Shortest time between two readings of one namespace, and how many times longer than the last reading it is at least. */
const minimumPauseMs = 200;
const pausePerReading = 10;
/** Namespaces that are remembered; those still needed are read again. */
const maxNamespaces = 4096;

/**
 * Keeps the rule sets of namespaces. A handle says little: a namespace may have the number of one that is gone, and a rule
 * that is replaced keeps its handle. So a text is given only when it is proven to be that of the rule then: the namespace is
 * the same by its cookie (or, without one, by the time since when its number has been its own), and the rules are of the
 * generation that was read, or have the same text in one before and one after.
 */
export class RuleTexts {
  readonly #source: RuleSource;
  readonly #now: () => number;
  readonly #byCookie = new Map<Handle, NamespaceRules>();
  /** Those whose cookie is not known. */
  readonly #byInode = new Map<number, NamespaceRules>();

  /** @param now milliseconds of a steady clock */
  constructor(source: RuleSource, now: () => number = () => performance.now()) {
    this.#source = source;
    this.#now = now;
  }

  /** Reads the rule set of the namespace that has the number now; returns the listing. */
  read(netns: number): string | undefined {
    return this.#read({ netns, cookie: 0 })?.text;
  }

  /** The text of a rule; undefined when it is not known for certain. */
  find(seen: SeenRule): string | undefined {
    if (seen.netns === 0 || seen.rule === 0 || seen.generation === 0) return undefined;
    const known = this.#known(seen);
    const isProven = known !== undefined && this.#isItsOwn(known, seen);
    if (isProven && !known.isBehind(seen)) return known.text(seen);
    if (known !== undefined && this.#now() < known.nextReadAt) return undefined;
    this.#read(seen);
    const read = this.#known(seen);
    return read !== undefined && this.#isItsOwn(read, seen) ? read.text(seen) : undefined;
  }

  #known({ netns, cookie }: Pick<SeenRule, "netns" | "cookie">): NamespaceRules | undefined {
    return this.#byCookie.get(cookie) ?? this.#byInode.get(netns);
  }

  /** Whether these are the rules of the event's namespace. */
  #isItsOwn(rules: NamespaceRules, { netns, cookie, time }: SeenRule): boolean {
    return this.#byCookie.get(cookie) === rules || rules.hadNumberAt(time, () => this.#source.view(netns));
  }

  #read(wanted: Pick<SeenRule, "netns" | "cookie">): Listing | undefined {
    const { netns } = wanted;
    const startedAt = this.#now();
    const listing = this.#source.list(netns);
    const readAt = this.#now();
    const nextReadAt = readAt + Math.max(minimumPauseMs, (readAt - startedAt) * pausePerReading);
    if (listing !== undefined) this.#add(netns, listing).nextReadAt = nextReadAt;
    // A namespace that is gone, or cannot be read, is not looked for with each event.
    const isFound = listing !== undefined && (listing.cookie === undefined || wanted.cookie === 0 || listing.cookie === wanted.cookie);
    if (!isFound) this.#entry(netns, wanted.cookie === 0 ? undefined : wanted.cookie).nextReadAt = nextReadAt;
    return listing;
  }

  #add(netns: number, listing: Listing): NamespaceRules {
    const rules = this.#entry(netns, listing.cookie);
    rules.add(listing, listing.cookie !== undefined || rules.continues(listing));
    return rules;
  }

  #entry(netns: number, cookie: Handle | undefined): NamespaceRules {
    const known = cookie === undefined ? this.#byInode.get(netns) : this.#byCookie.get(cookie);
    if (known !== undefined) return known;
    if (this.#byCookie.size + this.#byInode.size >= maxNamespaces) {
      this.#byCookie.clear();
      this.#byInode.clear();
    }
    const rules = new NamespaceRules();
    if (cookie === undefined) this.#byInode.set(netns, rules);
    else this.#byCookie.set(cookie, rules);
    return rules;
  }
}
