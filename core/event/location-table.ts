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
  #lastLow = 0;
  #last: Location;

  /** @param property name of the property */
  constructor(lookup: LocationLookup, property: string) {
    this.#lookup = lookup;
    this.#locations = new AnswerCache(property, maxLocations);
    this.#last = { ...this.#locations.none, high: 0 };
  }

  /** The place whose address has these halves, both unsigned. */
  get(low: number, high: number): Answer {
    if (low !== this.#lastLow || high !== this.#last.high) {
      this.#last = this.#find(low, high);
      this.#lastLow = low;
    }
    return this.#last;
  }

  #find(low: number, high: number): Location {
    const known = this.#locations.get(low);
    if (known?.high === high) return known;
    if (low === 0 && high === 0) return { ...this.#locations.none, high };
    const text = this.#lookup((BigInt(high) << 32n) | BigInt(low));
    return this.#locations.put(low, { ...this.#locations.answer(text), high });
  }
}
