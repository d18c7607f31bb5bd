import { expect, test } from "bun:test";
import { ByteCursor, bytesFromHex } from "../base/bytes.ts";
import { readIpv4Options } from "./ipv4-options.ts";

function names(hex: string): readonly string[] {
  return readIpv4Options(new ByteCursor(bytesFromHex(hex)));
}

test("readIpv4Options names what it knows and numbers the rest", () => {
  expect(names("94040000 070304 44040500 830304 890304 01 8603ff")).toEqual(["RA", "RR", "TS", "LSRR", "SSRR", "NOP", "opt-6"]);
});

test("readIpv4Options stops at the end of list, which says nothing when it comes first", () => {
  expect(names("01 00 94040000")).toEqual(["NOP", "EOL"]);
  expect(names("00 94040000")).toEqual([]);
});

test("readIpv4Options stops at a length that cannot be true or passes the end", () => {
  expect(names("0700 01")).toEqual(["RR"]);
  expect(names("07ff 01")).toEqual(["RR"]);
  expect(names("07")).toEqual(["RR"]);
});
