import type { Lookup } from "../api/wire.ts";
import { encodeValue } from "../cbor/writer.ts";

/** What a lookup gives for one value. */
export interface LookupEntry {
  /** Undefined when the lookup gives nothing; the property is then absent. */
  readonly value: string | readonly string[] | undefined;
  /** The property's key and the value as CBOR, {@link size} bytes in big-endian words; the last word may be padded. */
  readonly words: Int32Array;
  readonly size: number;
}

/** Probes and drop reasons count from zero, so an array serves most of them. */
const maxDense = 1024;
/** Enough for every namespace or stack of a run; when it is reached, the cache starts anew. */
const maxSparse = 8192;

/** The lookup of one property. It remembers the answers, unless they are volatile, and has them ready as CBOR. */
export class LookupTable {
  readonly #lookup: Lookup;
  readonly #key: Uint8Array;
  readonly #dense: (LookupEntry | undefined)[] = Array.from({ length: maxDense });
  readonly #sparse = new Map<number, LookupEntry>();

  /** @param property name of the property */
  constructor(lookup: Lookup, property: string) {
    this.#lookup = lookup;
    this.#key = encodeValue(property);
  }

  get(value: number): LookupEntry {
    const known = value >= 0 && value < maxDense ? this.#dense[value] : this.#sparse.get(value);
    return known !== undefined && this.#lookup.volatile !== true ? known : this.#ask(value, known);
  }

  /** A volatile lookup is asked each time, but mostly gives what it gave before. */
  #ask(value: number, known: LookupEntry | undefined): LookupEntry {
    const answer = this.#lookup(value);
    if (known !== undefined && known.value === answer) return known;
    const entry = lookupEntry(this.#key, answer);
    if (value >= 0 && value < maxDense) {
      this.#dense[value] = entry;
    } else {
      if (this.#sparse.size === maxSparse) this.#sparse.clear();
      this.#sparse.set(value, entry);
    }
    return entry;
  }
}

/** An entry for a property and its value. @param key the property's name as CBOR */
export function lookupEntry(key: Uint8Array, value: string | readonly string[] | undefined): LookupEntry {
  const item = value === undefined ? new Uint8Array(0) : encodeValue(value);
  const size = key.length + item.length;
  const bytes = new Uint8Array((size + 3) & ~3);
  bytes.set(key);
  bytes.set(item, key.length);
  const view = new DataView(bytes.buffer);
  return { value, size, words: Int32Array.from({ length: bytes.length / 4 }, (_, i) => view.getInt32(i * 4)) };
}
