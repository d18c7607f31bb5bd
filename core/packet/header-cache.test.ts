import { expect, test } from "bun:test";
import { Random } from "../../test/support/random.ts";
import { bytesFromHex } from "../base/bytes.ts";
import { decodePacket } from "./decode-packet.ts";
import { packetText } from "./packet-text.ts";

const ethernet = "02000000000b 02000000000a 0800";
const addresses = "0a010001 0a010002";
const frames = [
  `${ethernet} 4500002e 12344000 40110000 ${addresses} 3039 0035 001a 0000 ${"00".repeat(18)}`,
  `${ethernet} 45020040 12340000 40060000 ${addresses} 3039 0050 00000001 00000002 a0120200 0000 0000 020405b4 0402080a 00000001 00000000 0000 01020304`,
  `${ethernet} 45000050 12340000 40110000 ${addresses} 3039 12b5 003c 0000 0800000000000100 ${ethernet} 4500001c 00010000 40010000 ${addresses} 0800000000010002`,
].map(bytesFromHex);

/** Where headers have what decides: types, lengths, flags, ports. */
const headerLength = 60;

test("text from known headers is the text that packets have by themselves", () => {
  const random = new Random(7);
  for (let i = 0; i < 5_000; i++) {
    const frame = Uint8Array.from(random.pick(frames));
    for (let changes = random.below(3); changes > 0; changes--)
      frame[random.below(Math.min(headerLength, frame.length))] = random.below(256);
    // Only identification and sequence differ: the headers are known by now.
    const again = Uint8Array.from(frame);
    again[18] = random.below(256);
    again[41] = random.below(256);
    for (const packet of [frame, again, frame.subarray(0, random.below(frame.length + 1))]) {
      for (const linkLayer of [false, true])
        expect(packetText(packet, { linkLayer })).toBe(packetText(decodePacket(packet), { linkLayer }));
    }
  }
});
