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
    pod: (_inum, _cookie, _time, group) => (group === 7 ? "shop/web-7d9f" : undefined),
    container: (_inum, _cookie, _time, group) => (group === 7 || group === 8 ? "app" : undefined),
    unit: (_inum, _cookie, _time, group) => (group === 9 ? "nginx.service" : undefined),
    process: (inum) => (inum === 5 ? "sleep/4711" : undefined),
  },
);

test.each([
  // u64 cookie, u64 time, u64 cgroup, u32 inum, u32 reserved
  [
    "with a name",
    "1100000000000000 0300000000000000 0000000000000000 a80200f0 00000000",
    { cookie: 17, inum: 4026532520 },
    "ns 0x11/4026532520",
  ],
  [
    "named under /run/netns",
    "1100000000000000 0300000000000000 0000000000000000 a80000f0 00000000",
    { cookie: 17, inum: 4026532008, name: "blue" },
    "ns 0x11/4026532008 (blue)",
  ],
  [
    "on a kernel without cookies",
    "0000000000000000 0300000000000000 0000000000000000 a80000f0 00000000",
    { inum: 4026532008, name: "blue" },
    "ns 4026532008 (blue)",
  ],
  [
    "whose name was another's then",
    "1100000000000000 0200000000000000 0000000000000000 a80000f0 00000000",
    { cookie: 17, inum: 4026532008 },
    "ns 0x11/4026532008",
  ],
  [
    "with an exact cookie",
    "ffffffffffffffff 0300000000000000 0000000000000000 01000000 00000000",
    { cookie: 18446744073709551615n, inum: 1 },
    "ns 0xffffffffffffffff/1",
  ],
  [
    "of a pod",
    "1100000000000000 0300000000000000 0700000000000000 02000000 00000000",
    { cookie: 17, inum: 2, container: "app", pod: "shop/web-7d9f" },
    "ns 0x11/2 (shop/web-7d9f@pod)",
  ],
  [
    "of a container",
    "1100000000000000 0300000000000000 0800000000000000 02000000 00000000",
    { cookie: 17, inum: 2, container: "app" },
    "ns 0x11/2 (app@container)",
  ],
  [
    "of a service",
    "1100000000000000 0300000000000000 0900000000000000 02000000 00000000",
    { cookie: 17, inum: 2, unit: "nginx.service" },
    "ns 0x11/2 (nginx.service@unit)",
  ],
  [
    "of a process",
    "1100000000000000 0300000000000000 0000000000000000 05000000 00000000",
    { cookie: 17, inum: 5, process: "sleep/4711" },
    "ns 0x11/5 (sleep/4711@process)",
  ],
  [
    "with a name of its own and a container",
    "1100000000000000 0300000000000000 0800000000000000 a80000f0 00000000",
    { cookie: 17, inum: 4026532008, name: "blue", container: "app" },
    "ns 0x11/4026532008 (blue)",
  ],
])("netns section: %s", (_name, hex, data, text) => {
  expect(reader.read(hex)).toEqual(data);
  expect(reader.readCbor(hex)).toEqual(data);
  expect(sectionText(netnsSection, data)).toBe(text);
});
