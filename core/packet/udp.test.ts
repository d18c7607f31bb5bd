import { expect, test } from "bun:test";
import { bytesFromHex } from "../base/bytes.ts";
import { DecodeState } from "./decode-state.ts";
import { decodeUdp, udpText } from "./udp.ts";

test("decodeUdp reads ports and length", () => {
  const udp = decodeUdp(new DecodeState(bytesFromHex("14e9 0035 0010 0000")))!;
  expect(udp).toEqual({ layer: "udp", srcPort: 5353, dstPort: 53, length: 16 });
  expect(udpText(udp)).toBe(" len 8");
});

test("udpText never shows a negative length", () => {
  expect(udpText({ layer: "udp", srcPort: 1, dstPort: 2, length: 7 })).toBe(" len 0");
});

test("decodeUdp recognises tunnels by the destination port", () => {
  const nextOf = (port: number) => {
    const state = new DecodeState(bytesFromHex(`12b5 ${port.toString(16).padStart(4, "0")} 0008 0000`));
    decodeUdp(state);
    return state.next;
  };
  expect([4789, 8472, 6081, 53].map(nextOf)).toEqual(["vxlan", "vxlan", "geneve", undefined]);
});

test("decodeUdp needs 8 bytes", () => {
  const state = new DecodeState(bytesFromHex("14e9 0035 0010 00"));
  expect(decodeUdp(state)).toBeUndefined();
  expect(state.status).toEqual({ kind: "truncated", at: "udp" });
});
