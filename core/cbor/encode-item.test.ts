/** What goes through cbor-x is what our own writers and readers give. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { edgeIntegers, randomEvents } from "../../test/cases/files/sample-events.ts";
import { Random } from "../../test/support/random.ts";
import { decodeItem } from "./decode-item.ts";
import { CborDecoder } from "./decoder.ts";
import { encodeItem } from "./encode-item.ts";
import { ItemError } from "./item-error.ts";

setDefaultTimeout(60_000);

function decodeOwn(bytes: Uint8Array, end: number): unknown {
  const decoder = new CborDecoder();
  decoder.setBytes(bytes, end);
  return decoder.decode(0);
}

test("integers are exact, those beyond 32 bits too", () => {
  for (const integer of [...edgeIntegers, 2 ** 32, -(2 ** 31) - 1, -(2 ** 32), Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
    const bytes = encodeItem({ integer, list: [integer] });
    expect(bytes.includes(0xfb)).toBe(false);
    expect(decodeItem(bytes, 0, bytes.length).value).toEqual({ integer, list: [integer] });
    expect(decodeOwn(bytes, bytes.length)).toEqual({ integer, list: [integer] });
  }
  for (const integer of [2n ** 64n, -(2n ** 64n)]) expect(() => encodeItem(integer)).toThrow("exceeds 64 bits");
});

test.each([
  [{ a: undefined, b: 1 }, "a1616201"],
  ["\ud800", "63efbfbd"],
  [Buffer.from("ab"), "426162"],
  [[undefined, Symbol.iterator], "82f6f6"],
  [JSON.parse('{"__proto__":1}'), "a1695f5f70726f746f5f5f01"],
])("%p is %s", (value, expected) => {
  expect(Buffer.from(encodeItem(value)).toString("hex")).toBe(expected);
});

test("random events come back, alike from both decoders", () => {
  for (const event of randomEvents(21, 2000)) {
    const bytes = encodeItem(event);
    expect(decodeItem(bytes, 0, bytes.length)).toEqual({ value: event, end: bytes.length });
    expect(decodeOwn(bytes, bytes.length)).toEqual(event);
  }
});

test("damaged items are refused where our decoder refuses them", () => {
  const random = new Random(22);
  let refused = 0;
  for (const event of randomEvents(23, 3000)) {
    const bytes = encodeItem(event);
    for (let i = 1 + random.below(3); i > 0; i--) bytes[random.below(bytes.length)] = random.below(256);
    const end = random.once(5) ? random.below(bytes.length) : bytes.length;
    let own: unknown;
    try {
      own = decodeOwn(bytes, end);
    } catch (error) {
      refused++;
      expect(error).toBeInstanceOf(ItemError);
      expect(() => decodeItem(bytes, 0, end)).toThrow((error as ItemError).message);
      continue;
    }
    expect(Bun.inspect(decodeItem(bytes, 0, end).value, { depth: 10 }).replaceAll("\ufffd", "")).toBe(
      Bun.inspect(own, { depth: 10 }).replaceAll("\ufffd", ""),
    );
  }
  expect(refused).toBeGreaterThan(500);
});

test("forged lengths and nesting never reach cbor-x", () => {
  for (const hex of ["9bffffffffffffffff", "bb7fffffffffffffff", "5b0000ffffffffffff", "9a00ffffff"]) {
    expect(() => decodeItem(Uint8Array.fromHex(hex), 0, hex.length / 2)).toThrow("cut short");
  }
  const deep = new Uint8Array(100_000).fill(0x81);
  expect(() => decodeItem(deep, 0, deep.length)).toThrow("nested deeper than 64 levels");
  for (const hex of ["c249010000000000000000", "d9dfff8203f6", "5f4101ff", "a10102", "f8ff"]) {
    expect(() => decodeItem(Uint8Array.fromHex(hex), 0, hex.length / 2)).toThrow(ItemError);
  }
});
