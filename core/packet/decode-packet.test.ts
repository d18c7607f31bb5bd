import { describe, expect, test } from "bun:test";
import { bytesFromHex } from "../base/bytes.ts";
import { decodePacket, MAX_LAYERS } from "./decode-packet.ts";

const FRAME = "02000000000b 02000000000a 0800";
const IPV4_ICMP = "4500001c 12340000 40010000 0a010001 0a010002 0800000000010002";

describe("decodePacket", () => {
  test("returns layers from the outside in", () => {
    const { layers, status } = decodePacket(bytesFromHex(FRAME + IPV4_ICMP));
    expect(layers.map((layer) => layer.layer)).toEqual(["ethernet", "ipv4", "icmp"]);
    expect(status).toEqual({ kind: "complete" });
  });

  test("takes raw IP on request", () => {
    const { layers } = decodePacket(bytesFromHex(IPV4_ICMP), { linkLayer: "raw" });
    expect(layers.map((layer) => layer.layer)).toEqual(["ipv4", "icmp"]);
  });

  test("keeps what is good of a packet that is cut off anywhere", () => {
    const bytes = bytesFromHex(FRAME + IPV4_ICMP);
    const kept = [0, 13, 14, 33, 34, 37, 38].map((length) => decodePacket(bytes.subarray(0, length)).layers.length);
    expect(kept).toEqual([0, 0, 1, 1, 2, 2, 3]);
  });

  test("bounds the number of layers", () => {
    const { layers, status } = decodePacket(bytesFromHex(`02000000000b02000000000a8100${"00018100".repeat(99)}`));
    expect(layers).toHaveLength(MAX_LAYERS);
    expect(status).toEqual({ kind: "unsupported", what: "nesting", value: MAX_LAYERS });
  });

  test("holds no reference to the bytes", () => {
    const bytes = bytesFromHex(FRAME + IPV4_ICMP);
    const packet = decodePacket(bytes);
    const before = JSON.stringify(packet);
    bytes.fill(0xff);
    expect(JSON.stringify(packet)).toBe(before);
  });
});
