import type { U64 } from "../api/event.ts";
import type { KeyLookup } from "../api/wire.ts";
import { type Answer, AnswerCache } from "./answer-cache.ts";

/** Distinct texts that are kept as CBOR. */
const maxTexts = 4096;

/** The lookup of one property by several values. It is evaluated each time, as the answer may change; the texts are kept as CBOR. */
export class KeyLookupTable {
  readonly #lookup: KeyLookup;
  readonly #answers: AnswerCache<string>;

  /** @param property name of the property */
  constructor(lookup: KeyLookup, property: string) {
    this.#lookup = lookup;
    this.#answers = new AnswerCache(property, maxTexts);
  }

  get(...key: readonly U64[]): Answer {
    const text = this.#lookup(...key);
    if (text === undefined) return this.#answers.none;
    return this.#answers.get(text) ?? this.#answers.put(text, this.#answers.answer(text));
  }
}
