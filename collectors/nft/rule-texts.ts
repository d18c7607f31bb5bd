/** Texts of rules, by what an event knows of them. */
import { parseRuleListing } from "./rule-listing.ts";

type Handle = number | bigint;

interface KnownRule {
  readonly text: string;
  /** Where the kernel had the rule when it was seen last; undefined before. */
  place?: Handle | undefined;
}

interface NamespaceRules {
  /** By handle of the table, then of the rule. */
  readonly tables: ReadonlyMap<Handle, ReadonlyMap<Handle, KnownRule>>;
  readonly readAt: number;
  /** Before this time it is not read again. */
  readonly nextReadAt: number;
}

/** Prints the rule set of a namespace (`nft -a list ruleset`); undefined when it cannot be read. */
export type ListRules = (netns: number) => string | undefined;

/** Shortest time between two readings of one namespace, and how many times longer than the last reading it is at least. */
const minimumPauseMs = 1000;
const pausePerReading = 20;
/** After so long a listing is read again even though nothing says that it has changed. */
const maximumAgeMs = 30_000;

/**
 * Keeps the rule sets of namespaces. One is read when it is needed first, and again when a rule shows up that is not in it,
 * was not seen before, or has moved. The kernel never changes a rule in the data path, it makes all rules of a chain anew:
 * a rule at another place may have another text. While it may not be read again, such a rule has no text rather than a
 * wrong one.
 */
export class RuleTexts {
  readonly #list: ListRules;
  readonly #now: () => number;
  readonly #namespaces = new Map<number, NamespaceRules>();

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
    const tables = knownRules(listing ?? "", this.#namespaces.get(netns)?.tables);
    this.#namespaces.set(netns, { tables, readAt, nextReadAt: readAt + pause });
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
    const rule = rules?.tables.get(table)?.get(handle);
    const isOld = rules !== undefined && now - rules.readAt > maximumAgeMs;
    if (rule?.place === place && !isOld) return rule.text;
    if (rules === undefined || now >= rules.nextReadAt) {
      this.read(netns);
      return seenAt(this.#namespaces.get(netns)?.tables.get(table)?.get(handle), place);
    }
    const hasMoved = rule?.place !== undefined && rule.place !== place;
    return hasMoved ? undefined : seenAt(rule, place);
  }
}

function seenAt(rule: KnownRule | undefined, place: Handle): string | undefined {
  if (rule !== undefined) rule.place = place;
  return rule?.text;
}

/** What a listing says; a rule whose text did not change is still expected at its place. */
function knownRules(listing: string, before: NamespaceRules["tables"] | undefined): NamespaceRules["tables"] {
  const tables = new Map<Handle, ReadonlyMap<Handle, KnownRule>>();
  for (const [table, rules] of parseRuleListing(listing)) {
    const known = before?.get(table);
    tables.set(table, new Map([...rules].map(([handle, text]) => [handle, knownRule(text, known?.get(handle))])));
  }
  return tables;
}

function knownRule(text: string, before: KnownRule | undefined): KnownRule {
  return { text, place: before?.text === text ? before.place : undefined };
}
