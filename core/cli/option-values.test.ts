import { expect, test } from "bun:test";
import { commaList, outputFileOf, parseCount, parseDuration, parseRings, parseRingSize, parseRotation } from "./option-values.ts";

test.each([
  ["1", 65536],
  ["64K", 65536],
  ["65537", 131072],
  ["3M", 4 * 2 ** 20],
  ["16m", 16 * 2 ** 20],
  ["1G", 2 ** 30],
])("a ring of %s has %d bytes", (text, bytes) => {
  expect(parseRingSize(text)).toBe(bytes);
});

test.each(["", "0", "-1", "1.5M", "16MB", "2G", "99999999999999999999"])("a ring of %p is refused", (text) => {
  expect(() => parseRingSize(text)).toThrow(/^Invalid value ".*" for --ring-size: /);
});

test.each([
  ["1MB", 1e6],
  ["2GB", 2e9],
])("rotation at %s", (text, bytes) => {
  expect(parseRotation(text)).toBe(bytes);
});

test.each(["", "0MB", "10", "10mb", "12MBfoo", "x12MB", "99999999999999GB"])("rotation at %p is refused", (text) => {
  expect(() => parseRotation(text)).toThrow("--out-rotate");
});

test.each([
  ["1us", 1e3],
  ["100ms", 1e8],
  ["2m", 120e9],
  ["1d", 86_400e9],
])("a length of time: %s", (text, nanoseconds) => {
  expect(parseDuration("--for", text)).toBe(nanoseconds);
});

test.each(["", "1", "0s", "-1s", "1.5s", "1ns", "9999999999d"])("a length of time: %p is refused, by the option that has it", (text) => {
  expect(() => parseDuration("--for", text)).toThrow(/^Invalid value ".*" for --for: /);
});

test("counts are exact", () => {
  expect(parseCount("--stop-after", "0")).toBe(0);
  expect(parseCount("--stop-after", "9007199254740991")).toBe(Number.MAX_SAFE_INTEGER);
  for (const text of ["", "-1", "1e3", "9007199254740992"]) expect(() => parseCount("--stop-after", text)).toThrow("--stop-after");
});

test("comma lists lose blanks and empty items", () => {
  expect(commaList("skb, dev,,ns")).toEqual(["skb", "dev", "ns"]);
});

test.each([
  ["retis.data", undefined, "cbor", false],
  ["a.json", undefined, "json", false],
  ["a.jsonl.zst", undefined, "json", true],
  ["a.zst", undefined, "cbor", true],
  ["a.json", "cbor", "cbor", false],
  ["a.data", "json", "json", false],
] as const)("%s with form %s is %s, zstd %s", (path, form, expected, zstd) => {
  expect(outputFileOf(path, form, undefined)).toEqual({ path, form: expected, zstd, rotate: undefined });
});

test.each(["0", "-1", "two", "1.5", "", "9000"])("--rings: %p is refused", (text) => {
  expect(() => parseRings(text)).toThrow(/--rings: not a number from 1 to/);
});
