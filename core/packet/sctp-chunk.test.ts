import { expect, test } from "bun:test";
import { ByteCursor, bytesFromHex } from "../base/bytes.ts";
import { readSctpChunk, sctpChunkText } from "./sctp-chunk.ts";

function textOf(hex: string): string | undefined {
  const chunk = readSctpChunk(new ByteCursor(bytesFromHex(hex)));
  return chunk && sctpChunkText(chunk);
}

test("readSctpChunk reads INIT and INIT_ACK alike", () => {
  const value = "0000002a 00010000 000a 0014 00000007";
  expect(textOf(`01000014 ${value}`)).toBe("INIT init_tag 0x2a rwnd 65536 OS 10 MIS 20 init_TSN 7");
  expect(textOf(`02000014 ${value}`)).toBe("INIT_ACK init_tag 0x2a rwnd 65536 OS 10 MIS 20 init_TSN 7");
});

test("readSctpChunk reads SACK and DATA", () => {
  expect(textOf("03000010 00000005 00001000 0001 0002")).toBe("SACK cum_ack 5 a_rwnd 4096 #gap_acks 1 #dup_tsns 2");
  expect(textOf("00040010 00000001 0002 0003 0000001b")).toBe("DATA (U) TSN 1 SID 2 SSEQ 3 PPID 0x1b");
  expect(textOf("00000010 00000001 0002 0003 0000001b")).toBe("DATA TSN 1 SID 2 SSEQ 3 PPID 0x1b");
});

test("readSctpChunk names the others and numbers what has no name", () => {
  expect(textOf("0e000004")).toBe("SHUTDOWN_COMPLETE");
  expect(textOf("c0000004")).toBe("UNKNOWN:192");
});

test("readSctpChunk takes the value no further than the chunk's own length", () => {
  expect(textOf("0000000c 00000001 0002 0003 0000001b")).toBeUndefined();
  expect(textOf("01000014 0000002a")).toBeUndefined();
});

test("readSctpChunk moves on by the padded length, at least by the header", () => {
  const cursor = new ByteCursor(bytesFromHex("0b000000 0a000005 61000000 0b000004"));
  expect([0, 1, 2].map(() => readSctpChunk(cursor)?.paddedLength)).toEqual([4, 8, 4]);
  expect(cursor.remaining).toBe(0);
});
