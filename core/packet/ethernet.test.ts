import { expect, test } from "bun:test";
import { bytesFromHex } from "../base/bytes.ts";
import { DecodeState } from "./decode-state.ts";
import { decodeEthernet, ethernetText } from "./ethernet.ts";

test("decodeEthernet reads addresses and leads to the network layer", () => {
  const state = new DecodeState(bytesFromHex("02000000000b 02000000000a 0800"));
  const ethernet = decodeEthernet(state);
  expect(ethernet).toEqual({ layer: "ethernet", src: 0x02000000000a, dst: 0x02000000000b, ethertype: 0x0800 });
  expect(state.next).toBe("ipv4");
  expect(ethernetText(ethernet!)).toBe("02:00:00:00:00:0a > 02:00:00:00:00:0b ethertype IPv4 (0x0800)");
});

test("decodeEthernet takes an ethertype without a name for something else than Ethernet", () => {
  const state = new DecodeState(bytesFromHex("02000000000b 02000000000a 88cc"));
  expect(decodeEthernet(state)).toBeUndefined();
  expect(state.status).toEqual({ kind: "unsupported", what: "ethertype", value: 0x88cc });
});

test("decodeEthernet keeps a named ethertype that nothing decodes", () => {
  const state = new DecodeState(bytesFromHex("02000000000b 02000000000a 8863"));
  expect(decodeEthernet(state)?.ethertype).toBe(0x8863);
  expect(state.status).toEqual({ kind: "unsupported", what: "ethertype", value: 0x8863 });
});

test("decodeEthernet needs 14 bytes", () => {
  const state = new DecodeState(bytesFromHex("02000000000b 02000000000a 08"));
  expect(decodeEthernet(state)).toBeUndefined();
  expect(state.status).toEqual({ kind: "truncated", at: "ethernet" });
});
