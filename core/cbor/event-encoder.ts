import { writeValue } from "./writer.ts";

/** Encodes events that are objects, one after the other in the same memory. */
export class EventEncoder {
  #memory = new Uint8Array(4096);

  /** CBOR of the event; the bytes are valid until the next call. @throws RangeError for a bigint of more than 64 bits */
  encode(event: unknown): Uint8Array {
    let end = writeValue(this.#memory, 0, event);
    if (end > this.#memory.length) {
      this.#memory = new Uint8Array(2 * end);
      end = writeValue(this.#memory, 0, event);
    }
    return this.#memory.subarray(0, end);
  }
}
