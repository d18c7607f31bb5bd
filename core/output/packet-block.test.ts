import { expect, test } from "bun:test";
import { PacketBlockWriter, type PacketNotes } from "./packet-block.ts";
import { type CapturedPacket, maxOptionLength } from "./pcapng.ts";

/** Words of four bytes as hexadecimal digits. */
function written(packet: CapturedPacket, notes: PacketNotes | undefined, writer = new PacketBlockWriter()): string {
  const into = Buffer.alloc(4 + writer.room(packet, notes), 0xee);
  const end = writer.write(into, 4, packet, notes);
  return into
    .subarray(4, end)
    .toString("hex")
    .replace(/.{8}(?!$)/g, "$& ");
}

const empty = { interfaceId: 0, time: 0n, data: new Uint8Array(0), originalLength: 0 };

test("a packet with its time in two halves, padded", () => {
  const packet = { interfaceId: 2, time: 0x0102_0304_f5f6_f7f8n, data: Uint8Array.of(1, 2, 3, 4, 5), originalLength: 60 };
  expect(written(packet, undefined)).toBe("06000000 28000000 02000000 04030201 f8f7f6f5 05000000 3c000000 01020304 05000000 28000000");
});

test("a packet with a comment, and metadata in two forms", () => {
  expect(written(empty, { comment: "hé", metadata: "{}", enterprise: 70000 })).toBe(
    "06000000 40000000 00000000 00000000 00000000 00000000 00000000 " +
      "01000300 68c3a900 01000200 7b7d0000 ac0b0600 70110100 7b7d0000 00000000 40000000",
  );
});

/** Code and length of each option. */
function optionsOf(block: Buffer): readonly (readonly [code: number, length: number])[] {
  const found: (readonly [number, number])[] = [];
  for (let at = 28; at < block.length - 4; ) {
    const [code, length] = [block.readUInt16LE(at), block.readUInt16LE(at + 2)];
    found.push([code, length]);
    at += 4 + ((length + 3) & ~3);
  }
  return found;
}

const most = maxOptionLength;
test.each([
  [
    "as long as an option can be",
    "x".repeat(most - 4),
    0,
    [
      [1, most - 4],
      [2988, most],
    ],
  ],
  ["too long for one with a number before it", "x".repeat(most - 3), 1, [[1, most - 3]]],
  ["too long for any", "x".repeat(most + 1), 1, []],
  ["too long in bytes", "é".repeat(most / 2 + 1), 1, []],
  [
    "empty",
    "",
    0,
    [
      [1, 0],
      [2988, 4],
    ],
  ],
])("metadata %s", (_, metadata, shortened, options) => {
  const writer = new PacketBlockWriter();
  const block = Buffer.from(written(empty, { comment: "c", metadata, enterprise: 1 }, writer).replaceAll(" ", ""), "hex");
  expect(writer.shortened).toBe(shortened);
  expect(optionsOf(block)).toEqual([[1, 1], ...options, [0, 0]] as never);
});

test("a comment that is too long leaves the others, and no notes leave no options", () => {
  const long = "x".repeat(maxOptionLength + 1);
  const writer = new PacketBlockWriter();
  expect(written(empty, { comment: long, metadata: "{}", enterprise: 1 }, writer)).toContain(
    " 01000200 7b7d0000 ac0b0600 01000000 7b7d0000 00000000 ",
  );
  expect(written(empty, { comment: long, metadata: long, enterprise: 1 }, writer)).toBe(written({ ...empty }, undefined));
  expect(writer.shortened).toBe(2);
});
