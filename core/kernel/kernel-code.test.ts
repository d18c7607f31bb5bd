import { expect, test } from "bun:test";
import { isTraceableEntry } from "./kernel-code.ts";

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(" ", "").padEnd(24, "0"), "hex"));

test.each([
  ["f3 0f 1e fa 0f 1f 44 00 00 55", true],
  ["0f 1f 44 00 00 41 57", true],
  ["0f 1f 40 d6 0f 1f 44 00 00 55", true],
  ["66 0f 1f 00 0f 1f 44 00 00 55", true],
  ["0f 1f 40 d6 55 48 89 e5", false],
  ["f3 0f 1e fa e8 00 01 02 03", true],
  ["e8 00 01 02 03", true],
  ["f3 0f 1e fa 48 89 f7", false],
  ["55 48 89 e5", false],
])("x86_64: %s", (hex, traceable) => expect(isTraceableEntry(bytes(hex), "x64")).toBe(traceable));

test.each([
  ["5f 24 03 d5 1f 20 03 d5 1f 20 03 d5", true],
  ["3f 23 03 d5 e9 03 1e aa 1f 20 03 d5", true],
  ["1f 20 03 d5 1f 20 03 d5", true],
  ["3f 23 03 d5 fd 7b bf a9", false],
  ["fd 7b bf a9", false],
])("aarch64: %s", (hex, traceable) => expect(isTraceableEntry(bytes(hex), "arm64")).toBe(traceable));
