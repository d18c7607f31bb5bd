import { expect, test } from "bun:test";
import { rowsFor } from "./queue-size.ts";
import { setFields } from "./set-fields.ts";

/** Words of struct ovs_set: a key, and hexadecimal of value and mask, zero at the end. */
function words(key: number, value: string, mask: string): readonly bigint[] {
  const wordsOf = (hex: string) =>
    [...Buffer.from(hex.padEnd(80, "0"), "hex").toString("hex").matchAll(/.{16}/g)].map(([word]) => littleEndian(word));
  return [BigInt(key), ...wordsOf(value), ...wordsOf(mask)];
}

function littleEndian(hex: string): bigint {
  return Buffer.from(hex, "hex").readBigUInt64LE();
}

const all = (bytes: number) => "ff".repeat(bytes);

test.each([
  ["nothing is set", 7, "", "", undefined],
  ["a header that is not known", 18, "0001", "ffff", undefined],
  ["IPv4", 7, "0a000001" + "0a000002" + "00" + "20" + "3f", `${all(4)}00000000` + "00" + "fc" + "ff", "src=10.0.0.1,tos=0x20/0xfc,ttl=63"],
  ["a net of IPv4", 7, "0a000000", "ff000000", "src=10.0.0.0/255.0.0.0"],
  ["ports", 10, "00351f90", "ffff0fff", "src=53,dst=0x1f90/0xfff"],
  ["Ethernet", 4, "020000004501020000004502", `000000000000${all(6)}`, "dst=02:00:00:00:45:02"],
  ["the mark, which is a number of the machine", 15, "2a000000", all(4), "skb_mark=0x2a"],
  ["an MPLS label", 21, "00064140", all(4), "lse=0x64140"],
  [
    "IPv6",
    8,
    "fd00000000000000000000000000000120010db8000000000001000000000000" + "00000005" + "06" + "00" + "40",
    `${all(32)}00000fff00` + "00" + "ff",
    "src=fd00::1,dst=2001:db8:0:0:1::,label=0x5/0xfff,hlimit=64",
  ],
  [
    "a tunnel over IPv6",
    0xffff,
    `000000000000002a${"00".repeat(16)}fd000000000000000000000000000002`,
    "04400100",
    "tun_id=0x2a,dst=fd00::2,tos=0x4,ttl=64",
  ],
])("%s", (_what, key, value, mask, expected) => {
  expect(setFields(...words(key, value, mask))).toBe(expected as string);
});

test("rows of the table of packets in user space are a power of two, and have room for all", () => {
  expect([8, 9, 64, 65, 16_384].map(rowsFor)).toEqual([1, 2, 8, 16, 2048]);
});
