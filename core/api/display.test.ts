import { expect, test } from "bun:test";
import { displayText } from "./display.ts";
import type { Display } from "./wire.ts";

test.each<[number | bigint, Display, string]>([
  [31, "hex", "0x1f"],
  [0xffff_8888_0000_0001n, "hex", "0xffff888800000001"],
  [-1, "hex", "-0x1"],
  [0, "bytes", "0 B"],
  [1023, "bytes", "1023 B"],
  [1536, "bytes", "1.5 KiB"],
  [1024 ** 3 + 5, "bytes", "1 GiB"],
  [2n ** 63n, "bytes", "8 EiB"],
  [999, "duration", "999 ns"],
  [1250, "duration", "1.25 µs"],
  [-3_000_000, "duration", "-3 ms"],
  [123_456_789_000, "duration", "123.5 s"],
])("%p as %s is %s", (value, display, text) => {
  expect(displayText(value, display)).toBe(text);
});
