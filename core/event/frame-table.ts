import type { FrameLookup } from "../api/wire.ts";
import { type Answer, AnswerCache } from "./answer-cache.ts";

/** Distinct stacks that are remembered. */
const maxStacks = 4096;

interface Stack extends Answer {
  readonly addresses: Uint32Array;
}

/** Stacks of one property as text and CBOR. The same stack comes again and again, so it is turned into text once. */
export class FrameTable {
  readonly #lookup: FrameLookup;
  readonly #stacks: AnswerCache<number, Stack>;

  /** @param property name of the property */
  constructor(lookup: FrameLookup, property: string) {
    this.#lookup = lookup;
    this.#stacks = new AnswerCache(property, maxStacks);
  }

  /** The stack of `count` addresses whose words begin at index `at`. */
  get(words: Uint32Array, at: number, count: number): Answer {
    if (count === 0) return this.#stacks.none;
    const hash = hashOf(words, at, 2 * count);
    const known = this.#stacks.get(hash);
    if (known && isSame(known.addresses, words, at, 2 * count)) return known;
    const answer = this.#stacks.answer(this.#lookup(words, at, count));
    return this.#stacks.put(hash, { ...answer, addresses: words.slice(at, at + 2 * count) });
  }
}

/** FNV-1a over words instead of bytes. */
function hashOf(words: Uint32Array, at: number, count: number): number {
  let hash = 0x811c9dc5;
  for (let i = at; i < at + count; i++) hash = Math.imul(hash ^ words[i]!, 0x01000193);
  return hash;
}

function isSame(known: Uint32Array, words: Uint32Array, at: number, count: number): boolean {
  if (known.length !== count) return false;
  for (let i = 0; i < count; i++) if (known[i] !== words[at + i]) return false;
  return true;
}
