import { expect, test } from "bun:test";
import { bytesFromHex } from "../base/bytes.ts";
import { DecodeState } from "./decode-state.ts";
import { decodeEsp, espText } from "./esp.ts";

test("decodeEsp reads what is not encrypted and ends there", () => {
  const state = new DecodeState(bytesFromHex("fffffc01 0000002a aaaaaaaa"));
  const esp = decodeEsp(state)!;
  expect(esp).toEqual({ layer: "esp", spi: 0xfffffc01, sequence: 42 });
  expect([state.next, state.status.kind]).toEqual([undefined, "complete"]);
  expect(espText(esp)).toBe(" spi 0xfffffc01 seq 0x2a");
});

test("decodeEsp needs 8 bytes", () => {
  const state = new DecodeState(bytesFromHex("00000c01 000000"));
  expect(decodeEsp(state)).toBeUndefined();
  expect(state.status).toEqual({ kind: "truncated", at: "esp" });
});
