import { expect, test } from "bun:test";
import { bytesFromHex } from "../base/bytes.ts";
import { DecodeState } from "./decode-state.ts";
import { decodeIcmp, icmpText } from "./icmp.ts";

test("decodeIcmp serves both versions", () => {
  for (const layer of ["icmp", "icmpv6"] as const) {
    const state = new DecodeState(bytesFromHex("8001 0000"));
    const icmp = decodeIcmp(state, layer)!;
    expect(icmp).toEqual({ layer, type: 128, code: 1 });
    expect(icmpText(icmp)).toBe(" type 128 code 1");
    expect([state.next, state.status.kind]).toEqual([undefined, "complete"]);
  }
});

test("decodeIcmp needs 4 bytes", () => {
  const state = new DecodeState(bytesFromHex("0301 00"));
  expect(decodeIcmp(state, "icmpv6")).toBeUndefined();
  expect(state.status).toEqual({ kind: "truncated", at: "icmpv6" });
});

test.each([
  ["icmp", "0304 0000 0000 0578", { mtu: 1400 }, " type 3 code 4 mtu 1400"],
  ["icmp", "0303 0000 0000 0578", {}, " type 3 code 3"],
  ["icmp", "0501 0000 0a01 0001", { gateway: "10.1.0.1" }, " type 5 code 1 gateway 10.1.0.1"],
  ["icmp", "0400 0000 0000 0000", {}, " type 4 code 0"],
  ["icmp", "0b00 0000 0000 0000", {}, " type 11 code 0"],
  ["icmp", "0c00 0000 1400 0000", {}, " type 12 code 0"],
  ["icmpv6", "0104 0000 0000 0000", {}, " type 1 code 4"],
  ["icmpv6", "0200 0000 0001 0000", { mtu: 65536 }, " type 2 code 0 mtu 65536"],
  ["icmpv6", "0300 0000 0000 0000", {}, " type 3 code 0"],
  ["icmpv6", "0401 0000 0000 0028", {}, " type 4 code 1"],
] as const)("decodeIcmp leads from an error to what it quotes: %s %s", (layer, hex, fields, text) => {
  const state = new DecodeState(bytesFromHex(`${hex} 00`));
  const icmp = decodeIcmp(state, layer)!;
  expect(icmp).toMatchObject(fields);
  expect(icmpText(icmp)).toBe(text);
  expect(state.next).toBe(layer === "icmp" ? "ipv4" : "ipv6");
});

test("decodeIcmp keeps an error whose header is cut off", () => {
  for (const [layer, hex] of [
    ["icmp", "0301 0000 0000 00"],
    ["icmpv6", "0104 0000 0000 00"],
    ["icmpv6", `8900 0000 ${"00".repeat(35)}`],
  ] as const) {
    const state = new DecodeState(bytesFromHex(hex));
    expect(decodeIcmp(state, layer)?.code).toBe(Number(hex.slice(2, 4)));
    expect([state.next, state.status]).toEqual([undefined, { kind: "truncated", at: layer }]);
  }
});

test("decodeIcmp ends a quote at its length, and at the end of the packet", () => {
  const header = (words: string) => new DecodeState(bytesFromHex(`0300 0000 00${words} 0000 ${"45".repeat(40)}`));
  for (const [words, remaining] of [
    ["00", 40],
    ["05", 20],
    ["ff", 40],
  ] as const) {
    const state = header(words);
    decodeIcmp(state, "icmp");
    expect(state.cursor.remaining).toBe(remaining);
  }
});

test("decodeIcmp does not loop over options of a redirect", () => {
  const state = new DecodeState(bytesFromHex(`8900 0000 ${"00".repeat(36)} 0200000000000000 ${"00".repeat(8)}`));
  decodeIcmp(state, "icmpv6");
  expect(state.next).toBeUndefined();
});
