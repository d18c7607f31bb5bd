import { describe, expect, test } from "bun:test";
import { ByteCursor, bytesFromHex } from "../base/bytes.ts";
import { ipv4Address, ipv6Address, macAddress } from "../base/address.ts";
import { readIpv4, readIpv6 } from "./address.ts";

test("ipv4Address is dotted, with the high bit set too", () => {
  expect(ipv4Address(0x0a000001)).toBe("10.0.0.1");
  expect(ipv4Address(0xffffffff)).toBe("255.255.255.255");
  expect(ipv4Address(0)).toBe("0.0.0.0");
});

test("ipv4Address stays right when more addresses pass than it remembers", () => {
  for (let address = 0; address < 10_000; address++) ipv4Address(address);
  expect(ipv4Address(9_999)).toBe("0.0.39.15");
  expect(ipv4Address(1)).toBe("0.0.0.1");
});

test("macAddress has six pairs", () => {
  expect(macAddress(0x02000000000a)).toBe("02:00:00:00:00:0a");
  expect(macAddress(0xffffffffffff)).toBe("ff:ff:ff:ff:ff:ff");
  expect(macAddress(0)).toBe("00:00:00:00:00:00");
});

describe("ipv6Address", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["00000000000000000000000000000000", "::"],
    ["00000000000000000000000000000001", "::1"],
    ["fe800000000000000000000000000000", "fe80::"],
    ["20010db8000000000000000000000001", "2001:db8::1"],
    ["20010db8000000010001000100010001", "2001:db8:0:1:1:1:1:1"],
    ["20010db8000000000001000000000001", "2001:db8::1:0:0:1"],
    ["20010000000000010000000000000001", "2001:0:0:1::1"],
    ["00010002000300040005000600070008", "1:2:3:4:5:6:7:8"],
    ["00000000000000000000ffff0a000001", "::ffff:10.0.0.1"],
    ["0000000000000000000000000a000001", "::a00:1"],
    ["0064ff9b00000000000000000a000001", "64:ff9b::a00:1"],
    ["0000000100000000000000000000ffff", "0:1::ffff"],
  ];
  for (const [hex, text] of cases) {
    test(`writes ${text}`, () => {
      expect(readIpv6(new ByteCursor(bytesFromHex(hex)))).toBe(text);
    });
  }

  test("takes any list of eight groups", () => {
    expect(ipv6Address(new Uint16Array([0xff02, 0, 0, 0, 0, 0, 0, 2]))).toBe("ff02::2");
  });
});

test("readIpv4 moves on by four bytes", () => {
  const cursor = new ByteCursor(bytesFromHex("c000020101"));
  expect(readIpv4(cursor)).toBe("192.0.2.1");
  expect(cursor.remaining).toBe(1);
});
