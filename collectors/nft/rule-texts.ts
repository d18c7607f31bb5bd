/** Texts of rules, by what an event knows of them. */
import { parseRuleListing } from "./rule-listing.ts";

type Handle = number | bigint;

interface KnownRule {
  readonly text: string;
  /** Where the kernel had the rule when it was first seen after the listing was read. */
  place?: Handle;
}

interface NamespaceRules {
  tables: ReadonlyMap<Handle, ReadonlyMap<Handle, KnownRule>>;
  readAt: number;
  /** Before this time it is not read again. */
  nextReadAt: number;
}

/** Prints the rule set of a namespace (`nft -a list ruleset`); undefined when it cannot be read. */
export type ListRules = (netns: number) => string | undefined;

/** Shortest time between two readings of one namespace, and how many times longer than the last reading it is at least. */
const minimumPauseMs = 1000;
const pausePerReading = 20;
/** After so long a listing is read again even though nothing tells that it has changed. */
const maximumAgeMs = 30_000;

/**
 * Keeps the rule sets of namespaces, each read when it is needed first and again when a rule shows up that is not in it or
 * that has moved. The kernel never changes a rule in the data path: it makes all rules of a chain anew, so a rule at another
 * place means that its text may be another. While it may not be read again, such a rule has no text rather than a wrong one.
 */
export class RuleTexts {
  readonly #list: ListRules;
  readonly #now: () => number;
  readonly #namespaces = new Map<Handle, NamespaceRules>();

  /** @param now milliseconds of a steady clock */
  constructor(list: ListRules, now: () => number = () => performance.now()) {
    this.#list = list;
    this.#now = now;
  }

  /** Reads the rule set of a namespace; returns the listing. */
  read(netns: number): string | undefined {
    const startedAt = this.#now();
    const listing = this.#list(netns);
    const readAt = this.#now();
    const pause = Math.max(minimumPauseMs, (readAt - startedAt) * pausePerReading);
    this.#namespaces.set(netns, { tables: knownRules(listing ?? ""), readAt, nextReadAt: readAt + pause });
    return listing;
  }

  /**
   * The text of a rule; undefined when it is not known. Handles are those of table and rule, `place` is any number that
   * is another one when the kernel keeps the rule at another place.
   */
  find(netns: number, table: Handle, handle: Handle, place: Handle): string | undefined {
    if (netns === 0 || handle === 0) return undefined;
    const now = this.#now();
    const rules = this.#namespaces.get(netns);
    let rule = rules?.tables.get(table)?.get(handle);
    const isDoubtful = rule === undefined || (rule.place ?? place) !== place || now - rules!.readAt > maximumAgeMs;
    if (isDoubtful && now >= (rules?.nextReadAt ?? now)) {
      this.read(netns);
      rule = this.#namespaces.get(netns)?.tables.get(table)?.get(handle);
    }
    if (rule === undefined) return undefined;
    rule.place ??= place;
    return rule.place === place ? rule.text : undefined;
  }
}

function knownRules(listing: string): NamespaceRules["tables"] {
  const tables = new Map<Handle, ReadonlyMap<Handle, KnownRule>>();
  for (const [table, rules] of parseRuleListing(listing)) {
    tables.set(table, new Map([...rules].map(([handle, text]) => [handle, { text }])));
  }
  return tables;
}
