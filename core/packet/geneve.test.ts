import { describe, expect, test } from "bun:test";
import { bytesFromHex } from "../base/bytes.ts";
import { DecodeState } from "./decode-state.ts";
import { decodeGeneve, geneveText } from "./geneve.ts";

describe("decodeGeneve", () => {
  test("reads header and options", () => {
    const state = new DecodeState(bytesFromHex("02c0 6558 00000700 01028301 00000001 02"));
    const geneve = decodeGeneve(state)!;
    expect(geneve).toEqual({
      layer: "geneve",
      control: true,
      critical: true,
      protocol: 0x6558,
      vni: 7,
      optionsLength: 8,
      options: [{ class: 0x102, type: 0x83, length: 4, head: 1 }],
    });
    expect([state.next, state.cursor.remaining]).toEqual(["ethernet", 1]);
    expect(geneveText(geneve, false)).toBe(" geneve [OC] vni 0x7 [class 0x102 type 0x83(C) len 4] ");
    expect(geneveText(geneve, true)).toBe(" geneve [OC] vni 0x7 proto TEB (0x6558) [class 0x102 type 0x83(C) len 4] ");
  });

  test("leads to a network layer by its ethertype", () => {
    const state = new DecodeState(bytesFromHex("0000 86dd 00000700"));
    decodeGeneve(state);
    expect(state.next).toBe("ipv6");
  });

  test("keeps the header when options are cut off", () => {
    const state = new DecodeState(bytesFromHex("0200 6558 00000700 0102"));
    expect(decodeGeneve(state)?.options).toEqual([]);
    expect(state.status).toEqual({ kind: "truncated", at: "geneve" });
  });

  test("needs 8 bytes", () => {
    const state = new DecodeState(bytesFromHex("0000 6558 000007"));
    expect(decodeGeneve(state)).toBeUndefined();
    expect(state.status).toEqual({ kind: "truncated", at: "geneve" });
  });
});
