import { describe, expect, test } from "bun:test";
import { ByteCursor, bytesFromHex } from "../base/bytes.ts";
import { readTcpOptions, tcpOptionText } from "./tcp-option.ts";

function texts(hex: string): string {
  return readTcpOptions(new ByteCursor(bytesFromHex(hex)))
    .map(tcpOptionText)
    .join();
}

test("readTcpOptions keeps values by their meaning", () => {
  expect(readTcpOptions(new ByteCursor(bytesFromHex("01 080a00000064000000c8 050a00000001ffffffff 1e041000")))).toEqual([
    { kind: 1 },
    { kind: 8, timestamp: { value: 100, echoReply: 200 } },
    { kind: 5, blocks: [{ left: 1, right: 4294967295 }] },
    { kind: 30, subtype: 1 },
  ]);
});

describe("tcpOptionText", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["segment size and window scale", "020405b4 03030a", "mss 1460,wscale 10"],
    ["selective acknowledgements", "0402 0512 00000001 00000002 00000003 00000004", "sackOK,sack 2 {1:2}{3:4}"],
    ["a sack of odd length", "0507 0000000100", "sack invalid"],
    ["a sack cut off", "050a 00000001", "sack"],
    ["a fast open request", "2202", "tfo cookiereq"],
    ["a fast open cookie, padded", "2206 0a0bcc05", "tfo cookie 0x0a0bcc05"],
    ["a fast open cookie cut off", "2206 0a0b", "tfo cookie 0x0a0b????"],
    ["MPTCP subtypes", "1e0300 1e0320 1e0380 1e03f0", "mptcp capable,mptcp dss,mptcp reset,mptcp 15"],
    ["MPTCP without a subtype", "1e02", "mptcp"],
    ["echo and connection count", "060600000001 0b0600000002", "echo 1,cc 2"],
    ["names without values", "1302 1402 1c02 1d02 fe02 6302", "md5,scps,uto,tcp-ao,exp,?"],
    ["missing bytes by the name alone", "080a00000064", "TS"],
    ["nothing after the end of list", "01 00 0000", "nop,eol"],
    ["nothing after an impossible length", "0200 01", "mss"],
    ["a kind without a length", "02", "mss"],
  ];
  for (const [what, hex, text] of cases) {
    test(`shows ${what}`, () => {
      expect(texts(hex)).toBe(text);
    });
  }
});
