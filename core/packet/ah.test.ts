import { expect, test } from "bun:test";
import { bytesFromHex } from "../base/bytes.ts";
import { ahText, decodeAh } from "./ah.ts";
import { DecodeState } from "./decode-state.ts";

const HEADER = "32040000 00000100 0000002a 00112233445566778899aabb";

test("decodeAh reads the check value and leads to what it protects", () => {
  const state = new DecodeState(bytesFromHex(`${HEADER} ffff`));
  const ah = decodeAh(state)!;
  expect(ah).toEqual({ layer: "ah", spi: 0x100, sequence: 42, icv: "00112233445566778899aabb", protocol: 50 });
  expect([state.next, state.payloadLength, state.cursor.remaining]).toEqual(["esp", 2, 2]);
  expect(ahText(ah)).toBe(" spi 0x00000100 seq 0x2a icv 0x00112233445566778899aabb proto ESP (50)");
});

test("decodeAh keeps what was captured of the check value", () => {
  const ah = decodeAh(new DecodeState(bytesFromHex("32040000 00000100 0000002a 0011")));
  expect(ah?.icv).toBe("0011");
});

test("decodeAh stops quietly before no next header", () => {
  const state = new DecodeState(bytesFromHex(HEADER.replace("32", "3b")));
  expect(ahText(decodeAh(state)!)).toEndWith("icv 0x00112233445566778899aabb");
  expect([state.next, state.status.kind]).toEqual([undefined, "complete"]);
});

test("decodeAh does not go on after a length below its fixed part", () => {
  const state = new DecodeState(bytesFromHex("06000000 00000100 0000002a 0011"));
  expect(decodeAh(state)?.icv).toBe("");
  expect(state.status).toEqual({ kind: "truncated", at: "ah" });
});

test("decodeAh needs 12 bytes", () => {
  const state = new DecodeState(bytesFromHex("32040000 00000100 000000"));
  expect(decodeAh(state)).toBeUndefined();
  expect(state.status).toEqual({ kind: "truncated", at: "ah" });
});
