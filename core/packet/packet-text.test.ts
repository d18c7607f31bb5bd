import { describe, expect, test } from "bun:test";
import { bytesFromHex } from "../base/bytes.ts";
import { decodePacket } from "./decode-packet.ts";
import { packetText } from "./packet-text.ts";

const FRAME = bytesFromHex("02000000000b 02000000000a 0800 4500001c 12340000 40010000 0a010001 0a010002 0800000000010002");
const TEXT = "10.1.0.1 > 10.1.0.2 tos 0x0 ttl 64 id 4660 off 0 len 28 proto ICMP (1) type 8 code 0";

describe("packetText", () => {
  test("takes bytes or what was decoded from them", () => {
    expect(packetText(FRAME, { linkLayer: false })).toBe(TEXT);
    expect(packetText(decodePacket(FRAME), { linkLayer: false })).toBe(TEXT);
  });

  test("shows link-layer headers on request", () => {
    expect(packetText(FRAME, { linkLayer: true })).toBe(`02:00:00:00:00:0a > 02:00:00:00:00:0b ethertype IPv4 (0x0800) ${TEXT}`);
  });

  test("says directly after the text that bytes are missing", () => {
    expect(packetText(FRAME.subarray(0, 36), { linkLayer: false })).toEndWith("proto ICMP (1)... (truncated or incomplete packet)");
  });
});
