import { expect, test } from "bun:test";
import { bytesFromHex } from "../base/bytes.ts";
import { DecodeState } from "./decode-state.ts";
import { decodeVxlan, vxlanText } from "./vxlan.ts";

test("decodeVxlan reads the identifier and leads to an Ethernet frame", () => {
  const state = new DecodeState(bytesFromHex("08000000 ffffff00 02"));
  const vxlan = decodeVxlan(state)!;
  expect(vxlan).toEqual({ layer: "vxlan", vniValid: true, vni: 0xffffff });
  expect([state.next, state.cursor.remaining]).toEqual(["ethernet", 1]);
  expect(vxlanText(vxlan)).toBe(" vxlan [I] vni 0xffffff ");
});

test("vxlanText shows that the identifier is not valid", () => {
  expect(vxlanText({ layer: "vxlan", vniValid: false, vni: 0 })).toBe(" vxlan [] vni 0x0 ");
});

test("decodeVxlan needs 8 bytes", () => {
  const state = new DecodeState(bytesFromHex("08000000 00002a"));
  expect(decodeVxlan(state)).toBeUndefined();
  expect(state.status).toEqual({ kind: "truncated", at: "vxlan" });
});
