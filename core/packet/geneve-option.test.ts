import { expect, test } from "bun:test";
import { ByteCursor, bytesFromHex } from "../base/bytes.ts";
import { geneveOptionText, readGeneveOptions } from "./geneve-option.ts";

function texts(hex: string): readonly string[] {
  return readGeneveOptions(new ByteCursor(bytesFromHex(hex))).map(geneveOptionText);
}

test("geneveOptionText marks critical options", () => {
  expect(texts("01020300 01028301 00000000")).toEqual(["class 0x102 type 0x3 len 0", "class 0x102 type 0x83(C) len 4"]);
});

test("geneveOptionText spells out the GRO hint", () => {
  expect(texts("01000101 05142028")).toEqual(["class 0x100 type 0x1 len 4 (proto 1 v6 nh 20 tp 32 hlen 40)"]);
  expect(texts("01000101 02142028")).toEqual(["class 0x100 type 0x1 len 4 (proto 2 v4 nh 20 tp 32 hlen 40)"]);
});

test("geneveOptionText leaves out a hint that was not captured", () => {
  expect(texts("01000101 0514")).toEqual(["class 0x100 type 0x1 len 4"]);
});

test("readGeneveOptions leaves out an option without its header", () => {
  expect(texts("01020300 0102")).toEqual(["class 0x102 type 0x3 len 0"]);
});
