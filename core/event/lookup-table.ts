import type { Lookup } from "../api/wire.ts";
import { type Answer, AnswerCache } from "./answer-cache.ts";

/** Probes and drop reasons count from zero, so an array serves most of them. */
const maxDense = 1024;
/** Enough for every namespace or stack of a run. */
const maxSparse = 8192;

/** The lookup of one property by one value. It remembers the answers, unless they are volatile. */
export class LookupTable {
  readonly #lookup: Lookup;
  readonly #dense: (Answer | undefined)[] = Array.from({ length: maxDense });
  readonly #sparse: AnswerCache<number>;

  /** @param property name of the property */
  constructor(lookup: Lookup, property: string) {
    this.#lookup = lookup;
    this.#sparse = new AnswerCache(property, maxSparse);
  }

  get(value: number): Answer {
    const known = value >= 0 && value < maxDense ? this.#dense[value] : this.#sparse.get(value);
    return known !== undefined && this.#lookup.volatile !== true ? known : this.#look(value, known);
  }

  /** A volatile lookup is evaluated each time, but mostly gives what it gave before. */
  #look(value: number, known: Answer | undefined): Answer {
    const found = this.#lookup(value);
    if (known !== undefined && known.value === found) return known;
    const answer = this.#sparse.answer(found);
    if (value >= 0 && value < maxDense) this.#dense[value] = answer;
    else this.#sparse.put(value, answer);
    return answer;
  }
}
