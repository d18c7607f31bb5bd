import { expect, test } from "bun:test";
import type { UsableProbe } from "../../probe/usable-probes.ts";
import { detailText, jsonText, listText } from "./report.ts";

const free: UsableProbe = {
  probe: "tp:skb:kfree_skb",
  type: "raw_tracepoint",
  source: "vmlinux",
  parameters: [
    { name: "skb", type: "struct sk_buff *" },
    { name: "reason", type: "enum skb_drop_reason" },
    { name: "", type: "" },
  ],
  readers: [
    { collector: "skb", reads: [0] },
    { collector: "skb-drop", reads: [0, 1] },
  ],
};
const idle: UsableProbe = { probe: "kprobe:idle", type: "kprobe", source: "probe", parameters: [], readers: [] };

test("the list", () => {
  expect(listText([free, idle])).toBe("tp:skb:kfree_skb\nkprobe:idle\n");
});

test("details", () => {
  expect(detailText([free, idle])).toBe(`tp:skb:kfree_skb
  (struct sk_buff *skb, enum skb_drop_reason reason, …)
  skb       reads argument 1 (struct sk_buff *skb)
  skb-drop  reads argument 1 (struct sk_buff *skb) and argument 2 (enum skb_drop_reason reason)

kprobe:idle
  (void)
  in module probe
  no collector can read its arguments
`);
});

test("JSON counts positions from 0", () => {
  expect(JSON.parse(jsonText([free]))).toEqual([
    { probe: free.probe, type: free.type, source: "vmlinux", parameters: free.parameters, collectors: { skb: [0], "skb-drop": [0, 1] } },
  ]);
});
