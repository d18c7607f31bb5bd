import { expect, test } from "bun:test";
import { bytesFromHex } from "../base/bytes.ts";
import { DecodeState } from "./decode-state.ts";
import { decodeLlc, llcText } from "./llc.ts";

test("decodeLlc reads one control byte in unnumbered frames and two in others", () => {
  expect(decodeLlc(new DecodeState(bytesFromHex("424203")))).toEqual({ layer: "llc", dsap: 0x42, ssap: 0x42, control: 3 });
  expect(decodeLlc(new DecodeState(bytesFromHex("f0f10204")))).toEqual({ layer: "llc", dsap: 0xf0, ssap: 0xf1, control: 0x204 });
});

test("decodeLlc goes on with what SNAP names by ethertype", () => {
  const state = new DecodeState(bytesFromHex("aaaa03 000000 86dd"));
  expect(decodeLlc(state)).toMatchObject({ oui: 0, protocol: 0x86dd });
  expect(state.next).toBe("ipv6");
});

test("decodeLlc keeps the numbers of a vendor's protocol", () => {
  const state = new DecodeState(bytesFromHex("aaaa03 00000c 2000"));
  expect(llcText(decodeLlc(state)!)).toBe(" llc dsap SNAP (0xaa) ssap SNAP (0xaa) ctrl 0x3 oui 0x00000c pid 0x2000");
  expect(state.status).toEqual({ kind: "unsupported", what: "llc", value: 0xaa });
});

test("decodeLlc needs its control field", () => {
  for (const hex of ["", "4242", "f0f102"]) {
    const state = new DecodeState(bytesFromHex(hex));
    expect(decodeLlc(state)).toBeUndefined();
    expect(state.status).toEqual({ kind: "truncated", at: "llc" });
  }
});
