/** CBOR through cbor-x, for every item that is not on the path of each event. */
import { Encoder } from "cbor-x/encode";
import { u64FromBigInt } from "../api/event.ts";

/** Maps with heads of the shortest form, no records of cbor-x, no tag on byte strings: any decoder reads what is written. */
const encoder = new Encoder({ useRecords: false, variableMapSize: true, tagUint8Array: false });

const maxUnsigned = 0xffff_ffff_ffff_ffffn;

/**
 * A value of the event model as CBOR (RFC 8949), in bytes of its own: objects (properties that are undefined left out),
 * arrays, text, U64, other numbers as binary64, booleans, null, `Uint8Array`. What has no meaning in CBOR becomes null, a lone
 * surrogate U+FFFD.
 *
 * @throws RangeError for a bigint of more than 64 bits
 */
export function encodeItem(value: unknown): Uint8Array {
  return new Uint8Array(encoder.encode(prepared(value)));
}

/** The value in the types that cbor-x writes exactly. */
function prepared(value: unknown): unknown {
  switch (typeof value) {
    case "string":
      return value.toWellFormed();
    case "number":
      return preparedNumber(value);
    case "bigint":
      return preparedBigInt(value);
    case "boolean":
      return value;
    case "object":
      if (value === null || value instanceof Uint8Array) return value;
      return Array.isArray(value) ? value.map(prepared) : preparedObject(value);
    default:
      return null;
  }
}

/** cbor-x takes a number beyond 32 bits for a float. */
function preparedNumber(value: number): number | bigint {
  const isWide = Number.isSafeInteger(value) && (value > 0xffff_ffff || value < -0x8000_0000);
  return isWide ? BigInt(value) : value;
}

/** cbor-x gives each bigint eight bytes, also one that needs fewer. */
function preparedBigInt(value: bigint): number | bigint {
  if (value > maxUnsigned || value < -maxUnsigned) throw new RangeError(`Cannot encode ${value}: it exceeds 64 bits`);
  const exact = u64FromBigInt(value);
  return typeof exact === "number" ? preparedNumber(exact) : exact;
}

/** `fromEntries`, as assigning a key named `__proto__` would set the prototype. */
function preparedObject(object: object): object {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([key, value]) => [key.toWellFormed(), prepared(value)]));
}
