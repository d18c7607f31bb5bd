import type { LocationLookup } from "../api/wire.ts";
import { type Answer, AnswerCache } from "./answer-cache.ts";

/** Distinct places that are remembered. */
const maxLocations = 4096;

interface Location extends Answer {
  /** Upper half of the address. */
  readonly high: number;
}

/** Places in the kernel's code of one property, as text and CBOR. The same ones come again and again. */
export class LocationTable {
  readonly #lookup: LocationLookup;
  /** By the lower half: the kernel's code and that of its modules lie within 4 GB nearly always. */
  readonly #locations: AnswerCache<number, Location>;

  /** @param property name of the property */
  constructor(lookup: LocationLookup, property: string) {
    this.#lookup = lookup;
    this.#locations = new AnswerCache(property, maxLocations);
  }

  /** The place whose address has these halves, both unsigned. */
  get(low: number, high: number): Answer {
    const known = this.#locations.get(low);
    if (known?.high === high) return known;
    if (low === 0 && high === 0) return this.#locations.none;
    const text = this.#lookup((BigInt(high) << 32n) | BigInt(low));
    return this.#locations.put(low, { ...this.#locations.answer(text), high });
  }
}
