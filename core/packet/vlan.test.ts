import { expect, test } from "bun:test";
import { bytesFromHex } from "../base/bytes.ts";
import { DecodeState } from "./decode-state.ts";
import { decodeVlan, vlanText } from "./vlan.ts";

test("decodeVlan splits the tag", () => {
  const state = new DecodeState(bytesFromHex("b07b 0800"));
  const vlan = decodeVlan(state);
  expect(vlan).toEqual({ layer: "vlan", vid: 123, pcp: 5, dei: true, ethertype: 0x0800 });
  expect(state.next).toBe("ipv4");
  expect(vlanText(vlan!)).toBe(" vlan 123 p 5 DEI ethertype IPv4 (0x0800)");
});

test("decodeVlan leads to another tag", () => {
  for (const tpid of ["8100", "88a8", "9100"]) {
    const state = new DecodeState(bytesFromHex(`0001${tpid}`));
    decodeVlan(state);
    expect(state.next).toBe("vlan");
  }
});

test("decodeVlan needs 4 bytes", () => {
  const state = new DecodeState(bytesFromHex("b07b08"));
  expect(decodeVlan(state)).toBeUndefined();
  expect(state.status).toEqual({ kind: "truncated", at: "vlan" });
});
