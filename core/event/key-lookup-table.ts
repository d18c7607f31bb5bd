import type { U64 } from "../api/event.ts";
import type { KeyLookup } from "../api/wire.ts";
import { encodeValue } from "../cbor/writer.ts";
import { type LookupEntry, lookupEntry } from "./lookup-table.ts";

/** Distinct texts that are kept as CBOR; when there are more, the cache starts anew. */
const maxTexts = 4096;

/** The lookup of one property by several values. It asks each time, as the answer may change, and keeps the texts as CBOR. */
export class KeyLookupTable {
  readonly #lookup: KeyLookup;
  readonly #key: Uint8Array;
  readonly #nothing: LookupEntry;
  readonly #entries = new Map<string, LookupEntry>();

  /** @param property name of the property */
  constructor(lookup: KeyLookup, property: string) {
    this.#lookup = lookup;
    this.#key = encodeValue(property);
    this.#nothing = lookupEntry(this.#key, undefined);
  }

  get(...key: readonly U64[]): LookupEntry {
    const text = this.#lookup(...key);
    if (text === undefined) return this.#nothing;
    const known = this.#entries.get(text);
    if (known !== undefined) return known;
    const entry = lookupEntry(this.#key, text);
    if (this.#entries.size === maxTexts) this.#entries.clear();
    this.#entries.set(text, entry);
    return entry;
  }
}
