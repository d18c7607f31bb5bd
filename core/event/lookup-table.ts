import type { Lookup } from "../api/wire.ts";
import { encodeValue } from "../base/cbor-bytes.ts";

/** What a lookup gives for one value, and that as a CBOR item; both undefined when it gives nothing. */
export interface LookupEntry {
  readonly value: string | readonly string[] | undefined;
  readonly cbor: Uint8Array | undefined;
}

/** Enough for every probe of a run and its stacks; when it is reached, the cache starts anew. */
const maxEntries = 8192;

/** A lookup that remembers its answers, unless it is volatile, and has them ready as CBOR. */
export class LookupTable {
  readonly #lookup: Lookup;
  readonly #entries = new Map<number, LookupEntry>();

  constructor(lookup: Lookup) {
    this.#lookup = lookup;
  }

  get(value: number): LookupEntry {
    return this.#entries.get(value) ?? this.#ask(value);
  }

  #ask(value: number): LookupEntry {
    const answer = this.#lookup(value);
    const entry = { value: answer, cbor: answer === undefined ? undefined : encodeValue(answer) };
    if (this.#lookup.volatile !== true) {
      if (this.#entries.size === maxEntries) this.#entries.clear();
      this.#entries.set(value, entry);
    }
    return entry;
  }
}
