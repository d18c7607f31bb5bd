import type { KeyLookup } from "../api/wire.ts";
import { type Answer, AnswerCache } from "./answer-cache.ts";

/** Distinct texts that are kept as CBOR. */
const maxTexts = 4096;

/** The lookup of one property by several values. It is evaluated each time, as the answer may change; the texts are kept as CBOR. */
export class KeyLookupTable {
  /** Called by generated code itself with as many values as the property has: an array of them for each event takes long. */
  readonly lookup: KeyLookup;
  #last: Answer;
  readonly #answers: AnswerCache<string>;

  /** @param property name of the property */
  constructor(lookup: KeyLookup, property: string) {
    this.lookup = lookup;
    this.#answers = new AnswerCache(property, maxTexts);
    this.#last = this.#answers.none;
  }

  /** What {@link lookup} gave, ready to be stored; mostly it is what it gave before. */
  answerOf(text: string | undefined): Answer {
    if (text === undefined) return this.#answers.none;
    if (this.#last.value !== text) this.#last = this.#answers.get(text) ?? this.#answers.put(text, this.#answers.answer(text));
    return this.#last;
  }
}
