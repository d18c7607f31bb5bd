import { describe, expect, test } from "bun:test";
import { bytesFromHex } from "../base/bytes.ts";
import { DecodeState } from "./decode-state.ts";
import { decodeMacsec, macsecSummary, macsecText } from "./macsec.ts";

describe("decodeMacsec", () => {
  test("stops at an encrypted payload", () => {
    const state = new DecodeState(bytesFromHex("2d05 00000007 0200000000010001 cccc"));
    const macsec = decodeMacsec(state)!;
    expect(macsec).toEqual({ layer: "macsec", an: 1, packetNumber: 7, control: 0x0b, shortLength: 5, sci: "0200000000010001" });
    expect(state.next).toBeUndefined();
    expect(state.status.kind).toBe("complete");
    expect(macsecText(macsec)).toBe("an 1 pn 7 flags [ECI] sl 5 sci 0x0200000000010001");
    expect(macsecSummary(macsec)).toBe("802.1AE MACsec frame");
  });

  test("goes on with a clear payload", () => {
    const state = new DecodeState(bytesFromHex("4000 00000007 0800"));
    const macsec = decodeMacsec(state)!;
    expect(state.next).toBe("ipv4");
    expect(macsecText(macsec)).toBe("an 0 pn 7 flags [S]");
    expect(macsecSummary(macsec)).toBe("");
  });

  test("keeps the header when what follows it is cut off", () => {
    for (const hex of ["4000 00000007 08", "4000 00000007", "2d05 00000007 02000000"]) {
      const state = new DecodeState(bytesFromHex(hex));
      expect(decodeMacsec(state)?.packetNumber).toBe(7);
      expect(state.status).toEqual({ kind: "truncated", at: "macsec-payload" });
    }
  });

  test("needs 6 bytes", () => {
    const state = new DecodeState(bytesFromHex("2d05 000000"));
    expect(decodeMacsec(state)).toBeUndefined();
    expect(state.status).toEqual({ kind: "truncated", at: "macsec" });
  });
});
