import { describe, expect, test } from "bun:test";
import { bytesFromHex } from "../base/bytes.ts";
import { DecodeState } from "./decode-state.ts";
import { decodeIpv4, ipv4Text } from "./ipv4.ts";

/** An IPv4 header and `payload`; each field as hexadecimal digits. */
function ipv4Bytes(fields: { total?: string; fragment?: string; first?: string; payload?: string }): Uint8Array {
  const { total = "0018", fragment = "0000", first = "45b8", payload = "01020304" } = fields;
  return bytesFromHex(`${first}${total} 1234${fragment} 4006 0000 c0000201 c6336407 ${payload}`);
}

describe("decodeIpv4", () => {
  test("reads every field", () => {
    const state = new DecodeState(ipv4Bytes({ fragment: "e000" }));
    expect(decodeIpv4(state)).toEqual({
      layer: "ipv4",
      src: "192.0.2.1",
      dst: "198.51.100.7",
      tos: 0xb8,
      totalLength: 24,
      id: 0x1234,
      reservedFlag: true,
      dontFragment: true,
      moreFragments: true,
      fragmentOffset: 0,
      ttl: 64,
      protocol: 6,
      options: [],
    });
    expect(state.next).toBe("tcp");
    expect(state.payloadLength).toBe(4);
  });

  test("ends the window with the packet, not with the frame", () => {
    const state = new DecodeState(ipv4Bytes({ payload: "0102030400000000" }));
    decodeIpv4(state);
    expect(state.cursor.remaining).toBe(4);
  });

  test("takes the length from the capture when the total length is 0", () => {
    const state = new DecodeState(ipv4Bytes({ total: "0000", payload: "0102030405" }));
    decodeIpv4(state);
    expect([state.payloadLength, state.cursor.remaining]).toEqual([5, 5]);
  });

  test("knows the length of a payload that was not captured", () => {
    const state = new DecodeState(ipv4Bytes({ total: "05dc" }));
    decodeIpv4(state);
    expect([state.payloadLength, state.cursor.remaining]).toEqual([1480, 4]);
  });

  test("leaves no payload after impossible lengths", () => {
    for (const fields of [{ total: "0010" }, { first: "4300" }, { first: "4f00" }]) {
      const state = new DecodeState(ipv4Bytes(fields));
      decodeIpv4(state);
      expect([state.payloadLength, state.cursor.remaining]).toEqual([0, 0]);
    }
  });

  test("does not take a later fragment for a transport header", () => {
    const state = new DecodeState(ipv4Bytes({ fragment: "00b9" }));
    const ipv4 = decodeIpv4(state)!;
    expect(ipv4.fragmentOffset).toBe(1480);
    expect([state.next, state.status.kind]).toEqual([undefined, "fragment"]);
    expect(ipv4Text(ipv4, undefined)).toEndWith("off 1480 len 24 proto TCP (6) frag");
  });

  test("blames fragmentation only for what it cut off", () => {
    const whole = new DecodeState(ipv4Bytes({ fragment: "2000" }));
    decodeIpv4(whole);
    whole.truncated("tcp");
    expect(whole.status).toEqual({ kind: "fragment" });
    const cut = new DecodeState(ipv4Bytes({ fragment: "2000", total: "0040" }));
    decodeIpv4(cut);
    cut.truncated("tcp");
    expect(cut.status).toEqual({ kind: "truncated", at: "tcp" });
  });
});

describe("ipv4Text", () => {
  const flags: readonly (readonly [string, string])[] = [
    ["0000", "off 0 len"],
    ["2000", "off 0 [+] len"],
    ["4000", "off 0 [DF] len"],
    ["8000", "off 0 [rsvd] len"],
    ["6000", "off 0 [+,DF] len"],
    ["a000", "off 0 [+,rsvd] len"],
    ["c000", "off 0 [DF,rsvd] len"],
    ["e000", "off 0 [+,DF,rsvd] len"],
  ];
  for (const [fragment, text] of flags) {
    test(`writes flags ${fragment} as in "${text}"`, () => {
      expect(ipv4Text(decodeIpv4(new DecodeState(ipv4Bytes({ fragment })))!, undefined)).toContain(text);
    });
  }

  test("puts ports after the addresses", () => {
    const text = ipv4Text(decodeIpv4(new DecodeState(ipv4Bytes({})))!, { srcPort: 1, dstPort: 65535 });
    expect(text).toStartWith("192.0.2.1.1 > 198.51.100.7.65535 tos 0xb8 ttl 64");
  });
});
