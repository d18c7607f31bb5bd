/** The rules of one namespace over time, and which text a rule had when. */
import { parseRuleListing } from "./rule-listing.ts";

export type Handle = number | bigint;

/** A namespace as it was found under an inode number. */
export interface NamespaceView {
  /** Never given twice; undefined where the kernel does not report it. */
  readonly cookie: Handle | undefined;
  /** Nanoseconds, by the clock of events: from `since` to `at` the number was this namespace's. */
  readonly since: bigint;
  readonly at: bigint;
}

/** A rule set. */
export interface Listing extends NamespaceView {
  readonly generation: number;
  /** What `nft -a list ruleset` prints. */
  readonly text: string;
}

/** A rule as an event has it; 0 is not known. */
export interface SeenRule {
  /** Inode number of the namespace, which the kernel gives again, and its cookie, which it does not. */
  readonly netns: number;
  readonly cookie: Handle;
  /** Nanoseconds. */
  readonly time: Handle;
  /** Of the namespace's rules. */
  readonly generation: number;
  /** Handles. */
  readonly table: Handle;
  readonly rule: Handle;
}

/** The rules of one generation: texts by handle of the table, then of the rule. */
interface RuleSet {
  readonly generation: number;
  readonly tables: ReadonlyMap<Handle, ReadonlyMap<Handle, string>>;
}

export class NamespaceRules {
  /** Before this time the rules are not read again; milliseconds. */
  nextReadAt = 0;
  #current: RuleSet | undefined;
  #previous: RuleSet | undefined;
  #since = 0n;
  #until = 0n;

  /** Takes a listing. What is known of a namespace that had the number before is dropped, as `isSame` says. */
  add({ generation, text, since, at }: Listing, isSame: boolean): void {
    this.#previous = isSame ? this.#current : undefined;
    this.#current = { generation, tables: parseRuleListing(text) };
    if (!isSame) this.#since = since;
    this.#until = at;
  }

  /** Whether a view under the same number is of the same namespace: it has had the number since before it was seen last. */
  continues({ since }: NamespaceView): boolean {
    return this.#current !== undefined && since <= this.#until;
  }

  /** Whether only another reading can say what the rule is. */
  isBehind({ generation }: SeenRule): boolean {
    return this.#current === undefined || isNewer(generation, this.#current.generation);
  }

  /** Whether the number was this namespace's at the time; `look` sees whose it is now. */
  hadNumberAt(time: Handle, look: () => NamespaceView | undefined): boolean {
    const at = BigInt(time);
    if (at > this.#until) {
      const view = look();
      if (view !== undefined && this.continues(view)) this.#until = view.at;
    }
    return at >= this.#since && at <= this.#until;
  }

  /** The text of a rule in the generation of the event; undefined when it is not known for certain. */
  text({ generation, table, rule }: SeenRule): string | undefined {
    const [current, previous] = [this.#current, this.#previous];
    if (current === undefined || isNewer(generation, current.generation)) return undefined;
    const text = current.tables.get(table)?.get(rule);
    if (generation === current.generation) return text;
    if (previous === undefined || isNewer(previous.generation, generation)) return undefined;
    const before = previous.tables.get(table)?.get(rule);
    // Between two readings a text that is the same in both was not changed.
    return generation === previous.generation || before === text ? before : undefined;
  }
}

/** Whether a generation is after another one; the kernel's counter wraps around. */
function isNewer(generation: number, than: number): boolean {
  return ((generation - than) | 0) > 0;
}
