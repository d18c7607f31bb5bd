import { expect, test } from "bun:test";
import type { EnumValue, KernelFacts } from "../../core/api/collector.ts";
import { dropReasons } from "./drop-reasons.ts";

const enums: Record<string, readonly EnumValue[]> = {
  skb_drop_reason_subsys: [
    { name: "SKB_DROP_REASON_SUBSYS_CORE", value: 0 },
    { name: "SKB_DROP_REASON_SUBSYS_MAC80211_UNUSABLE", value: 1 },
    { name: "SKB_DROP_REASON_SUBSYS_OPENVSWITCH", value: 3 },
    { name: "SKB_DROP_REASON_SUBSYS_NUM", value: 4 },
  ],
  skb_drop_reason: [
    { name: "SKB_NOT_DROPPED_YET", value: 0 },
    { name: "SKB_CONSUMED", value: 1 },
    { name: "SKB_DROP_REASON_NO_SOCKET", value: 3 },
    { name: "SKB_DROP_REASON_SKB_CSUM", value: 4 },
  ],
};

function kernel(tables: Record<string, readonly EnumValue[]>): KernelFacts {
  return { enumValues: (name: string) => tables[name] } as KernelFacts;
}

test("core reasons lose their prefixes, once", () => {
  const { reason, subsys } = dropReasons(kernel(enums));
  expect([0, 1, 3, 4].map((value) => reason(value))).toEqual(["NOT_DROPPED_YET", "CONSUMED", "NO_SOCKET", "SKB_CSUM"]);
  expect(subsys(3)).toBeUndefined();
});

test("reasons of a module are found once it is loaded, and keep their whole name", () => {
  const tables = { ...enums };
  const { reason, subsys } = dropReasons(kernel(tables));
  expect([subsys(0x30001), reason(0x30001)]).toEqual(["openvswitch", "196609"]);
  tables["ovs_drop_reason"] = [{ name: "OVS_DROP_LAST_ACTION", value: 0x30001 }];
  expect(reason(0x30001)).toBe("OVS_DROP_LAST_ACTION");
});

test("unknown values and subsystems print their numbers; no reason is NOT_SPECIFIED", () => {
  const { reason, subsys } = dropReasons(kernel(enums));
  expect([subsys(0x90002), reason(0x90002)]).toEqual(["9", "589826"]);
  expect(reason(999)).toBe("999");
  expect([subsys(-1), reason(-1)]).toEqual([undefined, "NOT_SPECIFIED"]);
  expect(dropReasons(kernel({})).reason(2)).toBe("2");
});
