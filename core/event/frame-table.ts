import type { FrameLookup } from "../api/wire.ts";
import { encodeValue } from "../cbor/writer.ts";
import { type LookupEntry, lookupEntry } from "./lookup-table.ts";

/** Distinct stacks that are remembered; when there are more, the cache starts anew. */
const maxStacks = 4096;

interface KnownStack {
  readonly words: Uint32Array;
  readonly entry: LookupEntry;
}

/** Stacks of one property as text and CBOR. The same stack comes again and again, so it is turned into text once. */
export class FrameTable {
  readonly #lookup: FrameLookup;
  readonly #key: Uint8Array;
  readonly #nothing: LookupEntry;
  readonly #stacks = new Map<number, KnownStack>();

  /** @param property name of the property */
  constructor(lookup: FrameLookup, property: string) {
    this.#lookup = lookup;
    this.#key = encodeValue(property);
    this.#nothing = lookupEntry(this.#key, undefined);
  }

  /** The stack of `count` addresses whose words begin at index `at`. */
  get(words: Uint32Array, at: number, count: number): LookupEntry {
    if (count === 0) return this.#nothing;
    const hash = hashOf(words, at, 2 * count);
    const known = this.#stacks.get(hash);
    if (known && isSame(known.words, words, at, 2 * count)) return known.entry;
    const entry = lookupEntry(this.#key, this.#lookup(words, at, count));
    if (this.#stacks.size >= maxStacks) this.#stacks.clear();
    this.#stacks.set(hash, { words: words.slice(at, at + 2 * count), entry });
    return entry;
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
