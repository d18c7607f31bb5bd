import { describe, expect, test } from "bun:test";
import { bytesFromHex } from "../base/bytes.ts";
import { decodePacket } from "./decode-packet.ts";

const ADDRESSES = "0a010001 0a010002";

describe("ports of a cut transport header", () => {
  test.each([
    ["tcp", "06"],
    ["udp", "11"],
    ["sctp", "84"],
  ] as const)("%s", (name, protocol) => {
    const packet = (transport: string) =>
      decodePacket(bytesFromHex(`4500003c 12340000 40${protocol}0000 ${ADDRESSES} ${transport}`), { linkLayer: "raw" });
    expect(packet("9c4001bb").layers.at(-1)).toEqual({ layer: "ports", srcPort: 40000, dstPort: 443 });
    expect(packet("9c4001bb").status).toEqual({ kind: "truncated", at: name });
    expect(packet("9c4001").layers.at(-1)?.layer).toBe("ipv4");
    expect(packet("9c4001").status).toEqual({ kind: "truncated", at: name });
  });
});
