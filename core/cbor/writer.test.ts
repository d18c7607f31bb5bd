import { expect, test } from "bun:test";
import { randomEvents } from "../../test/cases/files/sample-events.ts";
import { encodeItem } from "./encode-item.ts";
import { EventEncoder } from "./event-encoder.ts";
import { writeSigned64, writeValue } from "./writer.ts";

const encoder = new EventEncoder();
const hex = (value: unknown) => Buffer.from(encoder.encode(value)).toString("hex");

// Source: RFC 8949, appendix A.
test.each([
  [0, "00"],
  [23, "17"],
  [24, "1818"],
  [255, "18ff"],
  [256, "190100"],
  [65_535, "19ffff"],
  [65_536, "1a00010000"],
  [1_000_000_000_000, "1b000000e8d4a51000"],
  [18_446_744_073_709_551_615n, "1bffffffffffffffff"],
  [-18_446_744_073_709_551_616n, "3bffffffffffffffff"],
  [-1, "20"],
  [-100, "3863"],
  [-1000, "3903e7"],
  [1.1, "fb3ff199999999999a"],
  [true, "f5"],
  [false, "f4"],
  [null, "f6"],
  ["", "60"],
  ["IETF", "6449455446"],
  ["ü", "62c3bc"],
  ["\ud800\udd51", "64f0908591"],
  [[], "80"],
  [[1, [2, 3]], "8201820203"],
  [{}, "a0"],
  [{ a: 1, b: [2, 3] }, "a26161016162820203"],
  [Uint8Array.of(1, 2, 3, 4), "4401020304"],
] as const)("%p is %s", (value, expected) => {
  expect(hex(value)).toBe(expected);
});

test("a small bigint is a plain integer, undefined properties are left out, a lone surrogate is U+FFFD", () => {
  expect(hex(24n)).toBe("1818");
  expect(hex({ a: undefined, b: 1 })).toBe("a1616201");
  expect(hex("\ud800")).toBe("63efbfbd");
});

test("random events are encoded to the bytes of cbor-x", () => {
  for (const event of randomEvents(31, 3000)) expect(hex(event)).toBe(Buffer.from(encodeItem(event)).toString("hex"));
});

test("texts, arrays and maps of every head size are encoded to the bytes of cbor-x", () => {
  for (const size of [23, 24, 255, 256, 70_000]) {
    const value = {
      text: "é".repeat(size),
      list: Array.from({ length: size }, (_, i) => i),
      map: Object.fromEntries(Array.from({ length: size }, (_, i) => [`k${i}`, i])),
    };
    expect(hex(value)).toBe(Buffer.from(encodeItem(value)).toString("hex"));
  }
});

test("what does not fit gives a position beyond the end and touches nothing after it", () => {
  const memory = new Uint8Array(40).fill(0xee);
  const value = { text: "abc", bytes: new Uint8Array(9), list: [1e10, -5] };
  const size = encoder.encode(value).length;
  for (let room = 0; room < size; room++) expect(writeValue(memory.subarray(0, room), 0, value)).toBeGreaterThan(room);
  expect(memory.subarray(size - 1).every((byte) => byte === 0xee)).toBe(true);
});

test("signed 64-bit integers from halves", () => {
  for (const value of [0n, 1n, -1n, 23n, -24n, -25n, 2n ** 63n - 1n, -(2n ** 63n), -(2n ** 53n), -(2n ** 32n), -(2n ** 32n) - 1n]) {
    const out = new Uint8Array(9);
    const raw = BigInt.asUintN(64, value);
    const end = writeSigned64(out, 0, Number(raw & 0xffff_ffffn), Number(raw >> 32n));
    expect([value, Buffer.from(out.subarray(0, end)).toString("hex")]).toEqual([value, hex(value)]);
  }
});

test("more than 64 bits are refused", () => {
  expect(() => hex(2n ** 64n)).toThrow("Cannot encode 18446744073709551616: it exceeds 64 bits");
});
