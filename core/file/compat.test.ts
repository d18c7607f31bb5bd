import { expect, test } from "bun:test";
import { levelOf, upgradeEvent } from "./compat.ts";

test.each([
  ["v1.7.0-abcdef-dirty", 2],
  ["1.7.0", 2],
  ["v1.7.0+retis-0.1.0", 2],
  ["2.0.0", 2],
  ["1.12.3", 2],
  ["v1.6.9", 1],
  ["1.5.0", 0],
  ["1.4.9", undefined],
  ["0.1.0", undefined],
  ["1.7", undefined],
  ["1.5.", undefined],
  ["1.5.x", undefined],
  ["1.5.0?foo", undefined],
  ["unspec", undefined],
  ["", undefined],
  ["vv1.7.0", undefined],
] as const)("level of version %j", (version, level) => {
  expect(levelOf(version)).toBe(level as never);
});

test("1.5 events move their packet, device and namespace out of the skb section", () => {
  const event = {
    skb: {
      packet: { len: 2, capture_len: 2, packet: "AAA=" },
      dev: { name: "eth0", ifindex: 2 },
      ns: { netns: 4026531840 },
      meta: { len: 2 },
    },
    ct: { state: "new", tcp_state: "SYN_SENT", parent: { tcp_state: "ESTABLISHED" } },
  };
  upgradeEvent(event, 0);
  expect(event as unknown).toEqual({
    skb: { meta: { len: 2 } },
    packet: { len: 2, capture_len: 2, data: "AAA=" },
    dev: { name: "eth0", ifindex: 2 },
    netns: { inum: 4026531840 },
    ct: { state: "new", ct_status: 0, proto_state: "SYN_SENT", parent: { proto_state: "ESTABLISHED" } },
  });
});

test("1.6 events gain startup facts, and what is there is never replaced", () => {
  const event = { startup: { retis_version: "v1.6.0", cmdline: "kept" }, ct: { ct_status: 8, tcp_state: "NONE", proto_state: "kept" } };
  upgradeEvent(event, 1);
  expect(event as unknown).toEqual({
    startup: {
      retis_version: "v1.7.0+1.6.0",
      cmdline: "kept",
      machine: { kernel_release: "unknown", kernel_version: "unknown", hardware_name: "unknown" },
    },
    ct: { ct_status: 8, tcp_state: "NONE", proto_state: "kept" },
  });
});

test("events of the newest level stay as they are", () => {
  const event = { skb: { packet: { len: 1 } }, startup: {} };
  upgradeEvent(event, 2);
  expect(event).toEqual({ skb: { packet: { len: 1 } }, startup: {} });
});
