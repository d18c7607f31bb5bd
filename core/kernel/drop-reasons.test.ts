import { expect, test } from "bun:test";
import { kernelDropReasons } from "./drop-reasons.ts";

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
  expect(kernelDropReasons(kernel({ skb_drop_reason: core }))).toEqual(names.map((name) => ({ name, subsystem: "core" })));
});

test("reasons of subsystems; two that share an enum are told apart by their upper bits", () => {
  const reasons = kernelDropReasons(
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
  expect(reasons).toEqual([
    { name: "RX_DROP_U_MIC_FAIL", subsystem: "mac80211_unusable" },
    { name: "RX_DROP_M_BAD", subsystem: "mac80211_monitor" },
    { name: "OVS_DROP_METER", subsystem: "openvswitch" },
    { name: "QDISC_DROP_OVERLIMIT", subsystem: "qdisc" },
  ]);
});

test("a kernel without reasons", () => expect(kernelDropReasons(kernel({}))).toEqual([]));
