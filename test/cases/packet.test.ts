/** Golden packets. `RETIS_GOLDEN=refresh` rewrites the expected texts; bytes and layers stay as they were written. */
import { describe, expect, test } from "bun:test";
import { bytesFromHex } from "../../core/base/bytes.ts";
import { decodePacket } from "../../core/packet/decode-packet.ts";
import { packetText } from "../../core/packet/packet-text.ts";
import { chainOf, type PacketCase, packetTables, readTable, writeTable } from "./packet/packet-case.ts";

function decode(packetCase: PacketCase) {
  return decodePacket(bytesFromHex(packetCase.hex), packetCase.decode);
}

function textsOf(packetCase: PacketCase): { readonly text: string; readonly linkText: string } {
  const packet = decode(packetCase);
  return { text: packetText(packet, { linkLayer: false }), linkText: packetText(packet, { linkLayer: true }) };
}

for (const table of packetTables()) {
  if (process.env["RETIS_GOLDEN"] === "refresh") {
    writeTable(
      table,
      readTable(table).map((packetCase) => ({ ...packetCase, ...textsOf(packetCase) })),
    );
  }
  describe(table, () => {
    for (const packetCase of readTable(table)) {
      test(packetCase.name, () => {
        expect(chainOf(decode(packetCase))).toBe(packetCase.chain);
        const { text, linkText } = packetCase;
        expect(textsOf(packetCase)).toEqual({ text, linkText });
      });
    }
  });
}
