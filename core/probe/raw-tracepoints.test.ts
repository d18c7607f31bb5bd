import { expect, test } from "bun:test";
import type { Probe } from "./probe.ts";
import { groupTracepoints } from "./raw-tracepoints.ts";

function probe(symbol: string, parameters: number, hooks = 1): Probe {
  const types = Array<string>(parameters).fill("struct sk_buff *");
  const id = Bun.hash.crc32(symbol);
  return { id, type: "raw_tracepoint", symbol, parameters: types, hooks, contextHooks: 0, requested: true, stack: false, showStack: false };
}

function loadsOf(probes: readonly Probe[], cookies = true): readonly (readonly string[])[] {
  return groupTracepoints(probes, cookies).map((group) => group.map(({ symbol }) => symbol));
}

const few = [probe("net:netif_rx", 1), probe("net:net_dev_queue", 1), probe("skb:consume_skb", 2)];
const tracking = [probe("kmem:kfree", 2, 0), probe("skb:kfree_skb", 2, 0)];
const many = [...few, probe("net:net_dev_start_xmit", 2), probe("net:netif_receive_skb", 1)];

test("no tracepoint waits for another", () => {
  expect(loadsOf([...few, ...tracking])).toEqual([...few, ...tracking].map(({ symbol }) => [symbol]));
});

test("many share loads, but neither with those that only track nor with the ends of packets", () => {
  expect(loadsOf([...many, ...tracking])).toEqual([
    ["net:netif_rx", "net:net_dev_queue", "net:netif_receive_skb"],
    ["skb:consume_skb"],
    ["net:net_dev_start_xmit"],
    ["kmem:kfree"],
    ["skb:kfree_skb"],
  ]);
});

test("without cookies each has a load", () => {
  expect(loadsOf(many, false)).toHaveLength(many.length);
});
