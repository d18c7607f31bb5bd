import { describe, expect, test } from "bun:test";
import {
  commentOption,
  customBlock,
  customTextOption,
  enhancedPacket,
  interfaceDescription,
  maxOptionLength,
  sectionHeader,
} from "./pcapng.ts";

/** Words of four bytes as hexadecimal digits. */
function words(block: Uint8Array): string {
  return block.toHex().replace(/.{8}(?!$)/g, "$& ");
}

describe("pcapng blocks, byte for byte", () => {
  test("section header", () => {
    const origin = { hardware: "arm64", operatingSystem: "Linux", application: "" };
    expect(words(sectionHeader(origin))).toBe(
      "0a0d0d0a 3c000000 4d3c2b1a 01000000 ffffffff ffffffff " + // type, length, magic, version 1.0, open length
        "02000500 61726d36 34000000 03000500 4c696e75 78000000 04000000 00000000 3c000000",
    );
  });

  test("interface description", () => {
    expect(words(interfaceDescription("a/b", "text"))).toBe(
      "01000000 30000000 01000000 00000400 02000300 612f6200 03000400 74657874 09000100 09000000 00000000 30000000",
    );
  });

  test("packet with its time in two halves, padded", () => {
    const packet = { interfaceId: 2, time: 0x0102_0304_f5f6_f7f8n, data: Uint8Array.of(1, 2, 3, 4, 5), originalLength: 60 };
    expect(words(enhancedPacket(packet, []))).toBe(
      "06000000 28000000 02000000 04030201 f8f7f6f5 05000000 3c000000 01020304 05000000 28000000",
    );
  });

  test("packet with a comment and a custom option", () => {
    const packet = { interfaceId: 0, time: 0n, data: new Uint8Array(0), originalLength: 0 };
    const options = [commentOption("hé")!, customTextOption(70000, Buffer.from("{}"))!];
    expect(words(enhancedPacket(packet, options))).toBe(
      "06000000 38000000 00000000 00000000 00000000 00000000 00000000 " + "01000300 68c3a900 ac0b0600 70110100 7b7d0000 00000000 38000000",
    );
  });

  test("custom block", () => {
    expect(words(customBlock(70000, Buffer.from("{ }")))).toBe("ad0b0000 14000000 70110100 7b207d00 14000000");
  });
});

describe("an option that is too long", () => {
  test("is not made", () => {
    expect(commentOption("x".repeat(maxOptionLength))?.value.length).toBe(65535);
    expect(commentOption("x".repeat(maxOptionLength + 1))).toBeUndefined();
    expect(commentOption("é".repeat(maxOptionLength / 2 + 1))).toBeUndefined();
    expect(customTextOption(70000, Buffer.alloc(maxOptionLength - 4))?.value.length).toBe(65535);
    expect(customTextOption(70000, Buffer.alloc(maxOptionLength - 3))).toBeUndefined();
  });

  test("is left out of a header", () => {
    const long = "x".repeat(maxOptionLength + 1);
    expect(words(sectionHeader({ hardware: long, operatingSystem: long, application: long }))).toBe(
      "0a0d0d0a 1c000000 4d3c2b1a 01000000 ffffffff ffffffff 1c000000",
    );
    expect(words(interfaceDescription(long, long))).toBe("01000000 20000000 01000000 00000400 09000100 09000000 00000000 20000000");
  });
});
