import { describe, expect, test } from "bun:test";
import { elfSections } from "./elf-sections.ts";

/** An ELF file with the sections "", ".a" (3 bytes), ".bss" (no bytes in the file) and the names. */
function build(): Uint8Array {
  const bytes = new Uint8Array(512);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
  view.setBigUint64(40, 128n, true);
  view.setUint16(60, 4, true);
  view.setUint16(62, 3, true);
  bytes.set([1, 2, 3], 64);
  bytes.set(new TextEncoder().encode("\0.a\0.bss\0.strtab\0"), 70);
  const header = (index: number, nameOffset: number, type: number, offset: number, size: number) => {
    const at = 128 + 64 * index;
    view.setUint32(at, nameOffset, true);
    view.setUint32(at + 4, type, true);
    view.setBigUint64(at + 24, BigInt(offset), true);
    view.setBigUint64(at + 32, BigInt(size), true);
  };
  header(1, 1, 1, 64, 3);
  header(2, 4, 8, 0, 100_000);
  header(3, 9, 3, 70, 17);
  return bytes;
}

describe("elfSections", () => {
  test("finds sections by name", () => {
    const sections = elfSections(build());
    expect([...sections.keys()]).toEqual([".a", ".bss", ".strtab"]);
    expect(sections.get(".a")).toEqual(Uint8Array.of(1, 2, 3));
    expect(sections.get(".bss")?.length).toBe(0);
  });

  test("refuses other files", () => {
    expect(() => elfSections(new Uint8Array(10))).toThrow("it is not an ELF file");
    expect(() => elfSections(build().fill(1, 4, 5))).toThrow("it is not a 64-bit little-endian ELF file");
  });

  test("every cut-off file is refused, never read beyond its end", () => {
    const whole = build().subarray(0, 128 + 4 * 64);
    for (let length = 0; length < whole.length; length++) expect(() => elfSections(whole.slice(0, length))).toThrow(RangeError);
  });

  test("sections that lie outside of the file are refused", () => {
    const bytes = build();
    new DataView(bytes.buffer).setBigUint64(128 + 64 + 24, 1n << 60n, true);
    expect(() => elfSections(bytes)).toThrow("it is truncated");
  });
});
