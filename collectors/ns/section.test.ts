import { expect, test } from "bun:test";
import { sectionReader, sectionText } from "../../test/support/section-reader.ts";
import { netnsSection } from "./section.ts";

const reader = sectionReader(
  "ns",
  new URL("hook.bpf.o", import.meta.url).pathname,
  netnsSection,
  {},
  {
    name: (inum, _cookie, time) => (inum === 4026532008 && time === 3 ? "blue" : undefined),
  },
);

test.each([
  // u64 cookie, u64 time, u32 inum, u32 reserved
  ["with a name", "1100000000000000 0300000000000000 a80200f0 00000000", { cookie: 17, inum: 4026532520 }, "ns 0x11/4026532520"],
  [
    "named under /run/netns",
    "1100000000000000 0300000000000000 a80000f0 00000000",
    { cookie: 17, inum: 4026532008, name: "blue" },
    "ns 0x11/4026532008 (blue)",
  ],
  [
    "on a kernel without cookies",
    "0000000000000000 0300000000000000 a80000f0 00000000",
    { inum: 4026532008, name: "blue" },
    "ns 4026532008 (blue)",
  ],
  [
    "whose name was another's then",
    "1100000000000000 0200000000000000 a80000f0 00000000",
    { cookie: 17, inum: 4026532008 },
    "ns 0x11/4026532008",
  ],
  [
    "with an exact cookie",
    "ffffffffffffffff 0300000000000000 01000000 00000000",
    { cookie: 18446744073709551615n, inum: 1 },
    "ns 0xffffffffffffffff/1",
  ],
])("netns section: %s", (_name, hex, data, text) => {
  expect(reader.read(hex)).toEqual(data);
  expect(reader.readCbor(hex)).toEqual(data);
  expect(sectionText(netnsSection, data)).toBe(text);
});
