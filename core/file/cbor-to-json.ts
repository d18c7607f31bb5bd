/** Events in CBOR to lines of JSON without an object for each; see native/cbor-json.c. */
import type { Event } from "../api/event.ts";
import { decodeItem } from "../cbor/decode-item.ts";
import { addressOf } from "../libbpf/libc.ts";
import { openLibrary } from "../libbpf/native-library.ts";
import { eventToJson } from "./json.ts";
import source from "./native/cbor-json.so" with { type: "file" };

const declarations = {
  retis_cbor_to_json: { args: ["ptr", "u64", "ptr", "u64", "ptr", "ptr"], returns: "i32" },
  retis_cbor_to_json_memory: { args: [], returns: "u64" },
} as const;

function open() {
  return openLibrary("cbor-json.so", source, declarations);
}

let opened: ReturnType<typeof open> | undefined;

/** Results of the library: nothing failed; the item that comes next cannot be converted there. */
const converted = 0;
const unsupported = -2;

/** Takes so many lines of JSON, newlines included; they are valid during the call. */
export type TakeLines = (bytes: Uint8Array, end: number, lines: number) => void;

/** Converts items; keeps memory for lines from one call to the next. */
export class CborToJson {
  readonly #lines: Uint8Array;
  /** Text of recent sections; 64-bit words for their alignment. */
  readonly #memory: BigUint64Array;
  /** Bytes read and written, and items. */
  readonly #done = new BigUint64Array(3);

  /** @param size bytes of lines that are handed on at once */
  constructor(size: number) {
    opened ??= open();
    this.#lines = new Uint8Array(size);
    this.#memory = new BigUint64Array(Number(opened.retis_cbor_to_json_memory()) / BigUint64Array.BYTES_PER_ELEMENT);
  }

  /** Converts the events from the start of `bytes` to `end`, complete items, in order. */
  convert(bytes: Uint8Array, end: number, take: TakeLines): void {
    for (let at = 0; at < end; ) {
      const status = opened!.retis_cbor_to_json(
        addressOf(bytes.subarray(at)),
        BigInt(end - at),
        addressOf(this.#lines),
        BigInt(this.#lines.length),
        addressOf(this.#done),
        addressOf(this.#memory),
      );
      const [read = 0, written = 0, items = 0] = Array.from(this.#done, Number);
      if (written > 0) take(this.#lines, written, items);
      at += read;
      // A line that alone does not fit is converted here as well.
      if (status === unsupported || (status !== converted && read === 0)) at = this.#convertOne(bytes, at, end, take);
    }
  }

  #convertOne(bytes: Uint8Array, at: number, end: number, take: TakeLines): number {
    const item = decodeItem(bytes, at, end);
    const line = Buffer.from(`${eventToJson(item.value as Event)}\n`);
    take(line, line.length, 1);
    return item.end;
  }
}
