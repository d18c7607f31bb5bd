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

/**
 * Counts by name, within bounded memory: once `limit` names are known, further ones are counted together, as one more
 * name.
 */
export class Tally {
  readonly #counts = new Map<string, U64>();
  readonly #limit: number;
  #beyond: U64 = 0;
  #total: U64 = 0;

  constructor(limit = defaultLimit) {
    this.#limit = limit;
  }

  /** Sum of all counts. */
  get total(): U64 {
    return this.#total;
  }

  add(name: string, count: U64 = 1): void {
    this.#total = sum(this.#total, count);
    const before = this.#counts.get(name);
    if (before !== undefined) this.#counts.set(name, sum(before, count));
    else if (this.#counts.size < this.#limit) this.#counts.set(name, count);
    else this.#beyond = sum(this.#beyond, count);
  }

  /**
   * @param top how many names to list; 0 for all
   * @param textOf the text of a name, which must not be that of another one
   */
  ranking(top: number, textOf = (name: string) => name): Ranking {
    const ranked = [...this.#counts].map(([name, count]) => ({ name: textOf(name), count })).sort(byCount);
    const listed = top === 0 ? ranked : ranked.slice(0, top);
    const left = ranked.slice(listed.length);
    const names = left.length + (this.#beyond === 0 ? 0 : 1);
    if (names === 0) return { top: listed };
    return { top: listed, others: { names, count: left.reduce((all, { count }) => sum(all, count), this.#beyond) } };
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
