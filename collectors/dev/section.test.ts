import { expect, test } from "bun:test";
import { sectionReader, sectionText } from "../../test/support/section-reader.ts";
import { devSection } from "./section.ts";

const reader = sectionReader("dev", new URL("hook.bpf.o", import.meta.url).pathname, devSection);

test.each([
  // char name[16], u32 ifindex, u32 rx_ifindex
  [
    "received on another device",
    "76657468313000000000000000000000 05000000 04000000",
    { name: "veth10", ifindex: 5, rx_ifindex: 4 },
    "if 5 (veth10) rxif 4",
  ],
  ["not received", "65746830000000000000000000000000 02000000 00000000", { name: "eth0", ifindex: 2 }, "if 2 (eth0)"],
  ["without a name", "00000000000000000000000000000000 ffffffff 00000000", { name: "", ifindex: 4294967295 }, "if 4294967295"],
])("dev section: %s", (_name, hex, data, text) => {
  expect(reader.read(hex)).toEqual(data);
  expect(reader.readCbor(hex)).toEqual(data);
  expect(sectionText(devSection, data)).toBe(text);
});
