import { describe, expect, test } from "bun:test";
import { bytesFromHex } from "../base/bytes.ts";
import { DecodeState } from "./decode-state.ts";
import { decodeSctp, sctpText } from "./sctp.ts";

const HEADER = "13c4 13c5 abcdef01 00000000";

describe("decodeSctp", () => {
  test("walks the chunks", () => {
    const state = new DecodeState(bytesFromHex(`${HEADER} 0b000004 00030011 00000001 0002 0003 00000018 61000000`));
    const sctp = decodeSctp(state)!;
    expect(sctp.chunks.map(({ chunk, paddedLength }) => [chunk, paddedLength])).toEqual([
      ["other", 4],
      ["data", 20],
    ]);
    expect(state.status.kind).toBe("complete");
    expect(sctpText(sctp)).toBe(" vtag 0xabcdef01 [COOKIE_ACK] [DATA (BE) TSN 1 SID 2 SSEQ 3 PPID 0x18]");
  });

  test("notices chunks that were not captured", () => {
    const state = new DecodeState(bytesFromHex(`${HEADER} 0b000004`));
    state.payloadLength = 40;
    expect(decodeSctp(state)?.chunks).toHaveLength(1);
    expect(state.status).toEqual({ kind: "truncated", at: "sctp" });
  });

  test("keeps the chunks before one that is too short", () => {
    const state = new DecodeState(bytesFromHex(`${HEADER} 0b000004 01000008 0000002a`));
    expect(decodeSctp(state)?.chunks).toHaveLength(1);
    expect(state.status).toEqual({ kind: "truncated", at: "sctp" });
  });

  test("needs 12 bytes", () => {
    const state = new DecodeState(bytesFromHex("13c4 13c5 abcdef01 000000"));
    expect(decodeSctp(state)).toBeUndefined();
    expect(state.status).toEqual({ kind: "truncated", at: "sctp" });
  });
});
