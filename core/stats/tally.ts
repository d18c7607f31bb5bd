import { u64FromBigInt, type U64 } from "../api/event.ts";

/** The most frequent names of a {@link Tally}. */
export interface Ranking {
  /** Most frequent first; those of equal count by name. */
  readonly top: readonly { readonly name: string; readonly count: U64 }[];
  /** What `top` has no room for. */
  readonly others?: { readonly names: number; readonly count: U64 };
}

/** Distinct names that are counted each, unless said otherwise: some 20 MB of addresses and ports. */
const defaultLimit = 100_000;

/** How often something was. */
export class Counter {
  count: U64 = 0;

  increment(): void {
    if (typeof this.count === "number" && this.count < Number.MAX_SAFE_INTEGER) this.count++;
    else this.add(1);
  }

  add(count: U64): void {
    this.count = sum(this.count, count);
  }
}

/**
 * Counts by name, within bounded memory: once `limit` names are known, further ones are counted together, as one more
 * name.
 */
export class Tally {
  readonly #counters = new Map<string, Counter>();
  readonly #limit: number;
  readonly #beyond = new Counter();

  constructor(limit = defaultLimit) {
    this.#limit = limit;
  }

  /** Sum of all counts. */
  get total(): U64 {
    let total = this.#beyond.count;
    for (const { count } of this.#counters.values()) total = sum(total, count);
    return total;
  }

  add(name: string, count: U64 = 1): void {
    this.counterOf(name).add(count);
  }

  /** The counter of a name, which is listed from now on; beyond the limit one for all further names. */
  counterOf(name: string): Counter {
    const known = this.#counters.get(name);
    if (known !== undefined) return known;
    if (this.#counters.size >= this.#limit) return this.#beyond;
    const counter = new Counter();
    this.#counters.set(name, counter);
    return counter;
  }

  /**
   * @param top how many names to list; 0 for all
   * @param textOf the text of a name, which must not be that of another one
   */
  ranking(top: number, textOf = (name: string) => name): Ranking {
    const ranked = [...this.#counters].map(([name, { count }]) => ({ name: textOf(name), count })).sort(byCount);
    const listed = top === 0 ? ranked : ranked.slice(0, top);
    const left = ranked.slice(listed.length);
    const names = left.length + (this.#beyond.count === 0 ? 0 : 1);
    if (names === 0) return { top: listed };
    return { top: listed, others: { names, count: left.reduce((all, { count }) => sum(all, count), this.#beyond.count) } };
  }
}

function byCount(a: Ranking["top"][number], b: Ranking["top"][number]): number {
  if (a.count !== b.count) return a.count < b.count ? 1 : -1;
  return a.name < b.name ? -1 : 1;
}

/** Exact also beyond 2^53. */
function sum(a: U64, b: U64): U64 {
  const rounded = Number(a) + Number(b);
  return Number.isSafeInteger(rounded) ? rounded : u64FromBigInt(BigInt(a) + BigInt(b));
}
