import { describe, expect, test } from "bun:test";
import { bytesFromHex } from "../base/bytes.ts";
import { DecodeState } from "./decode-state.ts";
import { decodeMpls, mplsText } from "./mpls.ts";

describe("decodeMpls", () => {
  test("reads the stack down to its bottom", () => {
    const state = new DecodeState(bytesFromHex("0001003f 00011b40 45"));
    const mpls = decodeMpls(state)!;
    expect(mpls.labels).toEqual([
      { label: 16, trafficClass: 0, bottom: false, ttl: 63 },
      { label: 17, trafficClass: 5, bottom: true, ttl: 64 },
    ]);
    expect(state.next).toBe("ipv4");
    expect(mplsText(mpls)).toBe("mpls [label 16 tc 0 ttl 63,label 17 tc 5 S ttl 64] ");
  });

  test("reads the highest label unsigned", () => {
    expect(decodeMpls(new DecodeState(bytesFromHex("fffff1ff 60")))!.labels[0]?.label).toBe(0xfffff);
  });

  test("recognises IPv6 by its version and nothing else", () => {
    const ipv6 = new DecodeState(bytesFromHex("00010140 60"));
    decodeMpls(ipv6);
    expect(ipv6.next).toBe("ipv6");
    const controlWord = new DecodeState(bytesFromHex("00010140 00"));
    decodeMpls(controlWord);
    expect(controlWord.status).toEqual({ kind: "unsupported", what: "ip-version", value: 0 });
  });

  test("ends at a cut-off or endless stack", () => {
    const cut = new DecodeState(bytesFromHex("00010040 0001"));
    expect(decodeMpls(cut)?.labels).toHaveLength(1);
    expect(cut.status).toEqual({ kind: "truncated", at: "mpls" });
    const endless = new DecodeState(bytesFromHex("00010040".repeat(99)));
    expect(decodeMpls(endless)?.labels).toHaveLength(16);
    expect(endless.status).toEqual({ kind: "unsupported", what: "nesting", value: 16 });
  });
});
