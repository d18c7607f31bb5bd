import { expect, test } from "bun:test";
import { ipv4Text, ipv6Text, macText } from "./address.ts";

test.each([
  ["20010db8000000000000000000000001", "2001:db8::1"],
  ["00000000000000000000000000000000", "::"],
  ["00000000000000000000000000000001", "::1"],
  ["fe800000000000000000000000000000", "fe80::"],
  // RFC 5952 section 4.2.2: one zero group stays; 4.2.3: the first of equal runs.
  ["20010db8000000010001000100010001", "2001:db8:0:1:1:1:1:1"],
  ["20010db8000000000001000000000001", "2001:db8::1:0:0:1"],
  ["20010db80000000100000000ffff0000", "2001:db8:0:1::ffff:0"],
  // RFC 5952 section 5
  ["00000000000000000000ffff0a000001", "::ffff:10.0.0.1"],
])("IPv6 %s is %s", (hex, text) => {
  expect(ipv6Text(Uint8Array.fromHex(`ff${hex}`), 1)).toBe(text);
});

test("IPv4 and MAC addresses", () => {
  const bytes = Uint8Array.fromHex("ff0a00ff01abcd");
  expect(ipv4Text(bytes, 1)).toBe("10.0.255.1");
  expect(macText(bytes, 1)).toBe("0a:00:ff:01:ab:cd");
});
