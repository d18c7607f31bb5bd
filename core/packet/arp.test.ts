import { expect, test } from "bun:test";
import { bytesFromHex } from "../base/bytes.ts";
import { arpText, decodeArp } from "./arp.ts";
import { DecodeState } from "./decode-state.ts";

function arpBytes(operation: string): Uint8Array {
  return bytesFromHex(`0001 0800 06 04 ${operation} 02000000000a 0a010001 02000000000b 0a010002`);
}

test("decodeArp reads both sides", () => {
  expect(decodeArp(new DecodeState(arpBytes("0002")))).toEqual({
    layer: "arp",
    operation: 2,
    senderMac: 0x02000000000a,
    senderIp: "10.1.0.1",
    targetMac: 0x02000000000b,
    targetIp: "10.1.0.2",
  });
});

test("arpText has one form per operation", () => {
  const texts = ["0001", "0002", "0003", "0004"].map((op) => arpText(decodeArp(new DecodeState(arpBytes(op)))!));
  expect(texts).toEqual([
    "request who-has 10.1.0.2 (02:00:00:00:00:0b) tell 10.1.0.1",
    "reply 10.1.0.1 is-at 02:00:00:00:00:0a",
    "reverse request who-is 02:00:00:00:00:0b tell 02:00:00:00:00:0a",
    "reverse reply 02:00:00:00:00:0b at 10.1.0.2",
  ]);
});

test("decodeArp keeps an operation it cannot name", () => {
  const state = new DecodeState(arpBytes("0009"));
  const arp = decodeArp(state);
  expect(arp?.operation).toBe(9);
  expect(arpText(arp!)).toBe("");
  expect(state.status).toEqual({ kind: "unsupported", what: "arp-operation", value: 9 });
});

test("decodeArp needs 28 bytes", () => {
  const state = new DecodeState(arpBytes("0001").subarray(0, 27));
  expect(decodeArp(state)).toBeUndefined();
  expect(state.status).toEqual({ kind: "truncated", at: "arp" });
});
