import { expect, test } from "bun:test";
import { bytesFromHex } from "../base/bytes.ts";
import { DecodeState } from "./decode-state.ts";
import { decodeIcmp, icmpText } from "./icmp.ts";

test("decodeIcmp serves both versions", () => {
  for (const layer of ["icmp", "icmpv6"] as const) {
    const icmp = decodeIcmp(new DecodeState(bytesFromHex("0301 0000")), layer)!;
    expect(icmp).toEqual({ layer, type: 3, code: 1 });
    expect(icmpText(icmp)).toBe(" type 3 code 1");
  }
});

test("decodeIcmp needs 4 bytes", () => {
  const state = new DecodeState(bytesFromHex("0301 00"));
  expect(decodeIcmp(state, "icmpv6")).toBeUndefined();
  expect(state.status).toEqual({ kind: "truncated", at: "icmpv6" });
});
