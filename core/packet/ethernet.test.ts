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

test("decodeEthernet keeps the addresses of frames that nothing decodes", () => {
  for (const ethertype of [0x8863, 0x88cc, 0x88b5]) {
    const state = new DecodeState(bytesFromHex(`02000000000b 02000000000a ${ethertype.toString(16)}`));
    expect(decodeEthernet(state)?.ethertype).toBe(ethertype);
    expect(state.status).toEqual({ kind: "unsupported", what: "ethertype", value: ethertype });
  }
});

test("decodeEthernet ends an IEEE 802.3 frame where its length says", () => {
  const state = new DecodeState(bytesFromHex("0180c2000000 02000000000a 0004 42420300 0000"));
  expect(ethernetText(decodeEthernet(state)!)).toBe("02:00:00:00:00:0a > 01:80:c2:00:00:00 802.3 len 4");
  expect([state.next, state.cursor.remaining]).toEqual(["llc", 4]);
});

test("decodeEthernet needs 14 bytes", () => {
  const state = new DecodeState(bytesFromHex("02000000000b 02000000000a 08"));
  expect(decodeEthernet(state)).toBeUndefined();
  expect(state.status).toEqual({ kind: "truncated", at: "ethernet" });
});
