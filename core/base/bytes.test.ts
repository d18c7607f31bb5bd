import { describe, expect, test } from "bun:test";
import { ByteCursor, bytesFromHex, HEX_BYTES } from "./bytes.ts";

describe("ByteCursor", () => {
  test("reads integers in network byte order", () => {
    const cursor = new ByteCursor(bytesFromHex("01 0203 040506 fffefdfc ffeeddccbbaa"));
    expect([cursor.u8(), cursor.u16(), cursor.u24(), cursor.u32()]).toEqual([1, 0x0203, 0x040506, 0xfffefdfc]);
    expect(cursor.u48()).toBe(0xffeeddccbbaa);
    expect(cursor.remaining).toBe(0);
    expect(cursor.overrun).toBe(false);
  });

  test("reads zero beyond the end, stops there and says so", () => {
    const cursor = new ByteCursor(bytesFromHex("ffff"));
    expect(cursor.u32()).toBe(0);
    expect(cursor.remaining).toBe(0);
    expect(cursor.overrun).toBe(true);
    expect([cursor.u8(), cursor.u16(), cursor.u24(), cursor.u48(), cursor.peek(), cursor.hex(3)]).toEqual([0, 0, 0, 0, 0, ""]);
  });

  test("keeps its window inside the array", () => {
    const bytes = bytesFromHex("00112233");
    expect(new ByteCursor(bytes, -5, 99).remaining).toBe(4);
    expect(new ByteCursor(bytes, 9).remaining).toBe(0);
    const cursor = new ByteCursor(bytes, 1, 3);
    expect(cursor.hex(9)).toBe("1122");
    expect(cursor.overrun).toBe(true);
  });

  test("limits never widen the window nor step back", () => {
    const cursor = new ByteCursor(bytesFromHex("00112233"));
    cursor.skip(2);
    cursor.limit(9);
    expect(cursor.end).toBe(4);
    cursor.limit(1);
    expect(cursor.remaining).toBe(0);
    expect(cursor.offset).toBe(2);
  });

  test("takes a part, or what is left of it", () => {
    const cursor = new ByteCursor(bytesFromHex("00112233"));
    expect(cursor.take(3).hex(3)).toBe("001122");
    expect(cursor.take(3).hex(3)).toBe("33");
    expect(cursor.take(-1).remaining).toBe(0);
  });

  test("skipping a negative count does not move", () => {
    const cursor = new ByteCursor(bytesFromHex("0011"));
    cursor.skip(-1);
    expect(cursor.offset).toBe(0);
  });
});

test("HEX_BYTES has two digits for each byte", () => {
  expect([HEX_BYTES[0], HEX_BYTES[10], HEX_BYTES[255]]).toEqual(["00", "0a", "ff"]);
});
