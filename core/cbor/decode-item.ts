/** CBOR through cbor-x, for every item that is not on the path of each event. */
import { Decoder } from "cbor-x/decode";
import { u64FromBigInt } from "../api/event.ts";
import { checkValues, itemEnd } from "./item-end.ts";
import { ItemError } from "./item-error.ts";

const decoder = new Decoder({ useRecords: false, mapsAsObjects: true });

/** An item and the position after it. */
export interface DecodedItem {
  readonly value: unknown;
  readonly end: number;
}

/**
 * Decodes the item that begins at `start` to the values that {@link CborDecoder} gives. Its length, nesting,
 * values and types are checked before cbor-x sees it, so that hostile bytes cannot exhaust stack or memory.
 *
 * @param end where the bytes at hand end
 * @throws ItemError
 */
export function decodeItem(bytes: Uint8Array, start: number, end: number): DecodedItem {
  const next = itemEnd(bytes, start, end);
  checkValues(bytes, start, next);
  return { value: exact(decode(bytes.slice(start, next))), end: next };
}

function decode(item: Uint8Array): unknown {
  try {
    return decoder.decode(item);
  } catch (error) {
    throw new ItemError("malformed", error instanceof Error ? error.message : String(error));
  }
}

/** The value in the types of the event model: cbor-x gives a bigint for every head of 64 bits, and views for byte strings. */
function exact(value: unknown): unknown {
  if (typeof value === "bigint") return u64FromBigInt(value);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map(exact);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, exact(member)]));
}
