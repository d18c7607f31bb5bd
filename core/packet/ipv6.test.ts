import { describe, expect, test } from "bun:test";
import { bytesFromHex } from "../base/bytes.ts";
import { DecodeState } from "./decode-state.ts";
import { decodeIpv6, ipv6Text } from "./ipv6.ts";

const ADDRESSES = "20010db8000000000000000000000001 20010db8000000000000000000000002";

function ipv6State(nextHeader: string, payload: string, length = payload.replaceAll(" ", "").length / 2): DecodeState {
  return new DecodeState(bytesFromHex(`6000beef ${length.toString(16).padStart(4, "0")} ${nextHeader} 40 ${ADDRESSES} ${payload}`));
}

describe("decodeIpv6", () => {
  test("reads every field", () => {
    const state = new DecodeState(bytesFromHex(`6ba12345 0000 06 ff ${ADDRESSES}`));
    expect(decodeIpv6(state)).toEqual({
      layer: "ipv6",
      src: "2001:db8::1",
      dst: "2001:db8::2",
      trafficClass: 0xba,
      flowLabel: 0x12345,
      payloadLength: 0,
      hopLimit: 255,
      extensions: [],
      protocol: 6,
    });
    expect(state.next).toBe("tcp");
  });

  test("takes extension headers off the payload", () => {
    const state = ipv6State("00", "3c01000000000000 0000000000000000 1100000000000000 0102030405060708");
    const ipv6 = decodeIpv6(state)!;
    expect(ipv6.extensions.map(({ protocol, length }) => [protocol, length])).toEqual([
      [0, 16],
      [60, 8],
    ]);
    expect([state.next, state.payloadLength, state.cursor.remaining]).toEqual(["udp", 8, 8]);
  });

  test("gives AH and ESP their own layers", () => {
    for (const [header, layer] of [
      ["33", "ah"],
      ["32", "esp"],
    ] as const) {
      const state = ipv6State(header, "0000000000000000");
      expect(decodeIpv6(state)?.extensions).toEqual([]);
      expect(state.next).toBe(layer);
    }
  });

  test("stops quietly when nothing follows", () => {
    for (const state of [ipv6State("3b", ""), ipv6State("3c", "3b00000000000000")]) {
      const ipv6 = decodeIpv6(state)!;
      expect([state.next, state.status.kind]).toEqual([undefined, "complete"]);
      expect(ipv6Text(ipv6, undefined)).not.toContain("proto");
    }
  });

  test("does not take a later fragment for a transport header", () => {
    const state = ipv6State("2c", "1100000800000007 7171717171717171");
    const ipv6 = decodeIpv6(state)!;
    expect(ipv6.extensions[0]?.fragment).toEqual({ offset: 8, more: false, id: 7 });
    expect([state.next, state.status.kind]).toEqual([undefined, "fragment"]);
    expect(ipv6Text(ipv6, undefined)).toEndWith(" exts [Ipv6Frag] proto UDP (17) frag");
  });

  test("keeps the extensions before one that is cut off", () => {
    const state = ipv6State("00", "3c00000000000000 1100", 100);
    const ipv6 = decodeIpv6(state)!;
    expect(ipv6.extensions).toHaveLength(1);
    expect(ipv6.protocol).toBeUndefined();
    expect(state.status).toEqual({ kind: "truncated", at: "ipv6-extension" });
  });

  test("walks a bounded number of extensions", () => {
    const state = ipv6State("3c", "3c00000000000000".repeat(40));
    expect(decodeIpv6(state)?.extensions).toHaveLength(16);
    expect(state.status).toEqual({ kind: "unsupported", what: "nesting", value: 16 });
  });
});

describe("ipv6Text", () => {
  test("shows ports, also after extension headers", () => {
    const ports = { srcPort: 1, dstPort: 2 };
    expect(ipv6Text(decodeIpv6(ipv6State("11", ""))!, ports)).toStartWith("2001:db8::1.1 > 2001:db8::2.2 ttl 64");
    expect(ipv6Text(decodeIpv6(ipv6State("3c", "1100000000000000"))!, ports)).toStartWith("2001:db8::1.1 > 2001:db8::2.2 ttl");
  });

  test("shows the traffic class only when it is not zero", () => {
    const state = new DecodeState(bytesFromHex(`6020beef 0000 11 40 ${ADDRESSES}`));
    expect(ipv6Text(decodeIpv6(state)!, undefined)).toContain(" tclass 0x2 ECT(0) ttl 64");
  });
});
