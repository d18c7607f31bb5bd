import { describe, expect, test } from "bun:test";
import { bytesFromHex } from "../base/bytes.ts";
import { DecodeState } from "./decode-state.ts";
import { decodeGre, greText } from "./gre.ts";

describe("decodeGre", () => {
  test("reads the optional fields that its flags announce", () => {
    const state = new DecodeState(bytesFromHex("b000 0800 12340000 0000002a 00000007 45"));
    const gre = decodeGre(state)!;
    expect(gre).toEqual({ layer: "gre", flags: 0xb000, protocol: 0x0800, key: 42, sequence: 7 });
    expect([state.next, state.cursor.remaining]).toEqual(["ipv4", 1]);
    expect(greText(gre)).toBe(" gre [CKS] proto IPv4 (0x0800) key 0x2a seq 7 ");
  });

  test("leads to Ethernet and to network layers", () => {
    const nextOf = (protocol: string) => {
      const state = new DecodeState(bytesFromHex(`0000${protocol}`));
      decodeGre(state);
      return state.next;
    };
    expect(["6558", "0800", "86dd", "8847"].map(nextOf)).toEqual(["ethernet", "ipv4", "ipv6", "mpls"]);
  });

  test("does not guess at other versions nor at source routes", () => {
    for (const flags of [0x3001, 0x4000]) {
      const state = new DecodeState(bytesFromHex(`${flags.toString(16)} 880b 00080001`));
      expect(decodeGre(state)?.key).toBeUndefined();
      expect(state.status).toEqual({ kind: "unsupported", what: "gre-flags", value: flags });
    }
  });

  test("keeps the header when an optional field is cut off", () => {
    const state = new DecodeState(bytesFromHex("3000 0800 0000002a 0000"));
    expect(decodeGre(state)).toEqual({ layer: "gre", flags: 0x3000, protocol: 0x0800, key: 42, sequence: undefined });
    expect(state.status).toEqual({ kind: "truncated", at: "gre" });
  });

  test("needs 4 bytes", () => {
    const state = new DecodeState(bytesFromHex("0000 08"));
    expect(decodeGre(state)).toBeUndefined();
    expect(state.status).toEqual({ kind: "truncated", at: "gre" });
  });
});
