import { expect, test } from "bun:test";
import { ByteCursor, bytesFromHex } from "../base/bytes.ts";
import { extensionName, isIpv6Extension, readIpv6Extension } from "./ipv6-extension.ts";

test("readIpv6Extension counts eight bytes more than the length field says", () => {
  const cursor = new ByteCursor(bytesFromHex(`06 01 ${"00".repeat(14)} ff`));
  expect(readIpv6Extension(cursor, 60)).toEqual({ protocol: 60, nextHeader: 6, length: 16 });
  expect(cursor.remaining).toBe(1);
});

test("readIpv6Extension gives a fragment header eight bytes whatever its second byte is", () => {
  const cursor = new ByteCursor(bytesFromHex("11 ff 05c9 0000002a ff"));
  expect(readIpv6Extension(cursor, 44)).toEqual({
    protocol: 44,
    nextHeader: 17,
    length: 8,
    fragment: { offset: 1480, more: true, id: 42 },
  });
  expect(cursor.remaining).toBe(1);
});

test("readIpv6Extension needs eight bytes, but not the whole header", () => {
  expect(readIpv6Extension(new ByteCursor(bytesFromHex("06 00 00000000 00")), 0)).toBeUndefined();
  const cursor = new ByteCursor(bytesFromHex("06 ff 000000000000"));
  expect(readIpv6Extension(cursor, 0)?.length).toBe(2048);
  expect(cursor.remaining).toBe(0);
});

test("extensions have names; AH, ESP and transport protocols are none", () => {
  const names = [0, 43, 44, 60, 135, 139, 140, 253, 254].map((protocol) => extensionName({ protocol, nextHeader: 59, length: 8 }));
  expect(names.join()).toBe("Hopopt,Ipv6Route,Ipv6Frag,Ipv6Opts,MobilityHeader,Hip,Shim6,Test1,Test2");
  expect([6, 17, 50, 51, 58, 59].some(isIpv6Extension)).toBe(false);
});
