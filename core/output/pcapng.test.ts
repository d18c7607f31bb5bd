import { describe, expect, test } from "bun:test";
import { customBlock, interfaceDescription, maxOptionLength, sectionHeader } from "./pcapng.ts";

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

  test("custom block", () => {
    expect(words(customBlock(70000, Buffer.from("{ }")))).toBe("ad0b0000 14000000 70110100 7b207d00 14000000");
  });
});

describe("an option that is too long", () => {
  test("is left out of a header", () => {
    const long = "x".repeat(maxOptionLength + 1);
    expect(words(sectionHeader({ hardware: long, operatingSystem: long, application: long }))).toBe(
      "0a0d0d0a 1c000000 4d3c2b1a 01000000 ffffffff ffffffff 1c000000",
    );
    expect(words(interfaceDescription(long, long))).toBe("01000000 20000000 01000000 00000400 09000100 09000000 00000000 20000000");
  });
});
