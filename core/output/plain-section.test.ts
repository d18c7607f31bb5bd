import { expect, test } from "bun:test";
import { Group, Type, U32, U64 } from "../api/collector.ts";
import { plainSection } from "./plain-section.ts";

const description = "x";
const schema = Type.Object({
  address: U64({ description, display: "hex" }),
  inner: Group({ took: U64({ description, display: "duration" }), count: U32({ description }) }, { description }),
});

test("a section without a formatter is shown by its names and values, numbers as its schema says", () => {
  const data = { address: 0xffff_8888_0000_0001n, inner: { took: 1500, count: 31 }, more: [1, "a b"] };
  expect(plainSection("key", data, schema).text).toBe('key address 0xffff888800000001 inner {took 1.5 µs count 31} more [1, "a b"]');
  expect(plainSection("key", data).text).toBe('key address 18446612716429770753 inner {took 1500 count 31} more [1, "a b"]');
  expect(plainSection("key", { address: "no number" }, schema).text).toBe('key address "no number"');
});
