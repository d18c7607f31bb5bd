import { expect, test } from "bun:test";
import type { DropReason, KernelFacts } from "../../core/api/collector.ts";
import { dropReasons } from "./drop-reasons.ts";

const declared: Readonly<Record<number, DropReason>> = {
  3: { subsystem: "core", name: "NO_SOCKET" },
  [0x30001]: { subsystem: "openvswitch", name: "OVS_DROP_METER" },
  [0x30002]: { subsystem: "openvswitch", name: undefined },
};
const kernel = { dropReason: (value) => declared[value] ?? { subsystem: undefined, name: undefined } } as KernelFacts;
const { reason, subsys } = dropReasons(kernel);

test("a reason of the core has no subsystem", () => {
  expect([subsys(3), reason(3)]).toEqual([undefined, "NO_SOCKET"]);
  expect([subsys(0x30001), reason(0x30001)]).toEqual(["openvswitch", "OVS_DROP_METER"]);
});

test("what has no name prints its number; no reason is NOT_SPECIFIED", () => {
  expect([subsys(0x30002), reason(0x30002)]).toEqual(["openvswitch", "196610"]);
  expect([subsys(0x90002), reason(0x90002)]).toEqual(["9", "589826"]);
  expect([subsys(-1), reason(-1)]).toEqual([undefined, "NOT_SPECIFIED"]);
});
