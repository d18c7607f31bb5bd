import { expect, test } from "bun:test";
import type { Event } from "../api/event.ts";
import { droppingFunction, dropReasonOf } from "./drop.ts";

function dropAt(symbol: string, drop: object): Event {
  return { kernel: { symbol, probe_type: "raw_tracepoint" }, "skb-drop": { ...drop } };
}

test.each([
  ["skb:kfree_skb", { drop_reason: "NO_SOCKET" }, "NO_SOCKET"],
  ["skb:kfree_skb", { subsys: "openvswitch", drop_reason: "OVS_DROP_METER" }, "openvswitch/OVS_DROP_METER"],
  ["skb:kfree_skb", { drop_reason: "CONSUMED" }, undefined],
  ["kfree_skb_list_reason", { drop_reason: "NO_SOCKET" }, undefined],
])("drop at %s: %j", (symbol, drop, reason) => expect(dropReasonOf(dropAt(symbol, drop))).toBe(reason!));

test.each([
  [["sk_skb_reason_drop+0x9", "tcp_v4_rcv+0x2a [ipv4]", "ip_rcv+0x1"], "tcp_v4_rcv [ipv4]"],
  [["kfree_skb_reason+0x9", "skb_queue_purge_reason+0x2", "unix_release_sock+0x1"], "unix_release_sock"],
  [["__sk_skb_reason_drop+0x9", "dev_kfree_skb_any_reason+0x2", "tun_net_xmit+0x1"], "tun_net_xmit"],
  [["nft_do_chain+0x1"], "nft_do_chain"],
  [["kfree_skb+0x1"], "kfree_skb"],
  [[], undefined],
])("stack %j", (stack_trace, name) => expect(droppingFunction({ kernel: { stack_trace } })).toBe(name!));

test("without a stack the location counts", () => {
  const drop = { drop_reason: "NO_SOCKET", location: "nft_do_chain+0x91 [nf_tables]" };
  expect(droppingFunction({ kernel: {}, "skb-drop": drop })).toBe("nft_do_chain [nf_tables]");
  expect(droppingFunction({ kernel: { stack_trace: ["kfree_skb+0x1", "ip_rcv+0x1"] }, "skb-drop": drop })).toBe("ip_rcv");
  expect(droppingFunction({ "skb-drop": { ...drop, location: "0xffffffff81003050" } })).toBe("0xffffffff81003050");
});
