import { expect, test } from "bun:test";
import { DropReasons } from "./drop-reasons.ts";

function kernel(enums: Readonly<Record<string, Readonly<Record<string, number>>>>) {
  return {
    enumValues: (name: string) => {
      const values = enums[name];
      return values && Object.entries(values).map(([key, value]) => ({ name: key, value }));
    },
  };
}

const core = {
  SKB_NOT_DROPPED_YET: 0,
  SKB_CONSUMED: 1,
  SKB_DROP_REASON_NOT_SPECIFIED: 2,
  SKB_DROP_REASON_MAX: 3,
  SKB_DROP_REASON_SUBSYS_MASK: 0xffff0000,
};

test("reasons of the core, without ends and masks", () => {
  const names = ["NOT_DROPPED_YET", "CONSUMED", "NOT_SPECIFIED"];
  expect(new DropReasons(kernel({ skb_drop_reason: core })).declared()).toEqual(names.map((name) => ({ name, subsystem: "core" })));
});

test("reasons of subsystems; two that share an enum are distinguished by their upper bits", () => {
  const reasons = new DropReasons(
    kernel({
      skb_drop_reason_subsys: {
        SKB_DROP_REASON_SUBSYS_CORE: 0,
        SKB_DROP_REASON_SUBSYS_MAC80211_UNUSABLE: 1,
        SKB_DROP_REASON_SUBSYS_MAC80211_MONITOR: 2,
        SKB_DROP_REASON_SUBSYS_OPENVSWITCH: 3,
        SKB_DROP_REASON_SUBSYS_QDISC: 4,
        SKB_DROP_REASON_SUBSYS_NUM: 5,
      },
      mac80211_drop_reason: { RX_CONTINUE: 1, ___RX_DROP_UNUSABLE: 0x10000, RX_DROP_U_MIC_FAIL: 0x10001, RX_DROP_M_BAD: 0x20001 },
      ovs_drop_reason: { __OVS_DROP_REASON: 0x30000, OVS_DROP_METER: 0x30001, OVS_DROP_MAX: 0x30002 },
      qdisc_drop_reason: { QDISC_DROP_OVERLIMIT: 0x40001 },
    }),
  );
  reasons.know([
    { subsystem: "openvswitch", enum: "ovs_drop_reason" },
    ...["mac80211_unusable", "mac80211_monitor"].map((subsystem) => ({ subsystem, enum: "mac80211_drop_reason" })),
  ]);
  expect(reasons.declared()).toEqual([
    { name: "RX_DROP_U_MIC_FAIL", subsystem: "mac80211_unusable" },
    { name: "RX_DROP_M_BAD", subsystem: "mac80211_monitor" },
    { name: "OVS_DROP_METER", subsystem: "openvswitch" },
    { name: "QDISC_DROP_OVERLIMIT", subsystem: "qdisc" },
  ]);
  expect(reasons.describe(0x20001)).toEqual({ name: "RX_DROP_M_BAD", subsystem: "mac80211_monitor" });
  expect(reasons.describe(0x10000)).toEqual({ name: "___RX_DROP_UNUSABLE", subsystem: "mac80211_unusable" });
  expect(reasons.describe(0x10002)).toEqual({ name: undefined, subsystem: "mac80211_unusable" });
  expect(reasons.describe(0x90001)).toEqual({ name: undefined, subsystem: undefined });
});

test("a subsystem that the kernel's types lack has the names that a collector gives", () => {
  const reasons = new DropReasons(kernel({ skb_drop_reason: core, my_reasons: { MY_DROP_LATE: 0x90001 } }));
  reasons.know([
    { subsystem: 9, name: "mine", enum: "my_reasons" },
    { subsystem: 10, reasons: { 1: "FULL", 0xffff: "LAST" } },
  ]);
  expect(reasons.describe(0x90001)).toEqual({ name: "MY_DROP_LATE", subsystem: "mine" });
  expect(reasons.describe(0xa0001)).toEqual({ name: "FULL", subsystem: "10" });
  expect(reasons.describe(0xaffff)).toEqual({ name: "LAST", subsystem: "10" });
  expect(reasons.describe(0xa0002)).toEqual({ name: undefined, subsystem: "10" });
});

test("core reasons lose their prefixes, once", () => {
  const reasons = new DropReasons(kernel({ skb_drop_reason: { ...core, SKB_DROP_REASON_SKB_CSUM: 4 } }));
  expect([0, 1, 2, 4].map((value) => reasons.describe(value).name)).toEqual(["NOT_DROPPED_YET", "CONSUMED", "NOT_SPECIFIED", "SKB_CSUM"]);
});

test("reasons of a module are found once it is loaded", () => {
  const enums: Record<string, Record<string, number>> = { skb_drop_reason_subsys: { SKB_DROP_REASON_SUBSYS_OPENVSWITCH: 3 } };
  const reasons = new DropReasons(kernel(enums));
  reasons.know([{ subsystem: "openvswitch", enum: "ovs_drop_reason" }]);
  expect(reasons.describe(0x30001)).toEqual({ name: undefined, subsystem: "openvswitch" });
  enums["ovs_drop_reason"] = { OVS_DROP_LAST_ACTION: 0x30001 };
  expect(reasons.describe(0x30001).name).toBe("OVS_DROP_LAST_ACTION");
});

test("a reason goes before an end of the enum with the same value", () => {
  const reasons = new DropReasons(kernel({ skb_drop_reason: { SKB_DROP_REASON_LAST: 7, SKB_DROP_REASON_MAX: 7 } }));
  expect(reasons.describe(7).name).toBe("LAST");
});

test("a kernel without reasons", () => expect(new DropReasons(kernel({})).declared()).toEqual([]));
