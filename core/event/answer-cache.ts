import { encodeItem } from "../cbor/encode-item.ts";

/** What a lookup gives for a property. */
export type AnswerValue = string | readonly string[] | undefined;

/** An answer, ready to be stored in an event of either form. */
export interface Answer {
  /** Undefined when the lookup gives nothing; the property is then absent. */
  readonly value: AnswerValue;
  /** The property's key and the value as CBOR, {@link size} bytes in big-endian words; the last word may be padded. */
  readonly words: Int32Array;
  readonly size: number;
}

/** Answers for one property, by what was looked up. When the cache is full it starts anew: a run must not fill the memory. */
export class AnswerCache<Key, Kept extends Answer = Answer> {
  /** For when there is no answer. */
  readonly none: Answer;
  readonly #property: Uint8Array;
  readonly #limit: number;
  readonly #answers = new Map<Key, Kept>();

  /**
   * @param property name of the property
   * @param limit most answers that are kept
   */
  constructor(property: string, limit: number) {
    this.#property = encodeItem(property);
    this.#limit = limit;
    this.none = this.answer(undefined);
  }

  get(key: Key): Kept | undefined {
    return this.#answers.get(key);
  }

  put(key: Key, answer: Kept): Kept {
    if (this.#answers.size >= this.#limit) this.#answers.clear();
    this.#answers.set(key, answer);
    return answer;
  }

  /** The answer with its CBOR; not kept. @throws TypeError for what is neither text nor a list of texts */
  answer(value: AnswerValue): Answer {
    if (!isAnswerValue(value)) throw new TypeError(`a lookup gave ${typeof value} instead of text`);
    const key = this.#property;
    const item = value === undefined ? new Uint8Array(0) : encodeItem(value);
    const size = key.length + item.length;
    const bytes = new Uint8Array((size + 3) & ~3);
    bytes.set(key);
    bytes.set(item, key.length);
    const view = new DataView(bytes.buffer);
    return { value, size, words: Int32Array.from({ length: bytes.length / 4 }, (_, i) => view.getInt32(i * 4)) };
  }
}

/** Lookups of third parties may give anything. */
function isAnswerValue(value: unknown): boolean {
  return value === undefined || typeof value === "string" || (Array.isArray(value) && value.every((text) => typeof text === "string"));
}
