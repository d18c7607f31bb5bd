import { afterEach, expect, spyOn, test } from "bun:test";
import { log } from "../base/log.ts";
import { life } from "../probe/skb-lifetime.ts";
import type { Probe } from "../probe/probe.ts";
import { planPacketTracking, type TrackingRequest } from "./packet-tracking.ts";

const skb = "struct sk_buff *";
const info = spyOn(log, "info").mockImplementation(() => {});
const warn = spyOn(log, "warn").mockImplementation(() => {});
afterEach(() => {
  info.mockClear();
  warn.mockClear();
});

function probe(type: Probe["type"], symbol: string, id = 0, parameters: readonly string[] = [skb]): Probe {
  return { id, type, symbol, parameters, hooks: 1, contextHooks: 0, asked: true, stack: false, showStack: false };
}

const everything = [
  "skb_free_head",
  "skb_release_data",
  "kfree_skb_partial",
  "napi_skb_free_stolen_head",
  "napi_reuse_skb",
  "pskb_expand_head",
  "skb:consume_skb",
  "skb:kfree_skb",
];

function follow(probes: readonly Probe[], has: readonly string[] = everything, options: Partial<TrackingRequest> = {}) {
  return planPacketTracking({
    probes,
    identityWanted: false,
    filtered: true,
    skbTypes: new Set([skb, "struct nft_pktinfo *"]),
    growing: false,
    entries: 4096,
    find: ({ symbol }) => (has.includes(symbol) ? { symbol, parameters: [skb] } : undefined),
    stackSize: () => 16384,
    ...options,
  });
}

const drops = probe("raw_tracepoint", "skb:kfree_skb");
const receive = probe("raw_tracepoint", "net:netif_receive_skb");
const added = (following: { readonly probes: readonly Probe[] }) =>
  following.probes.filter(({ hooks }) => hooks === 0).map(({ symbol }) => symbol);

test("packets are followed when a filter must hold at several places, or a collector wants their identity", () => {
  expect(follow([receive]).active).toBeTrue();
  expect(follow([drops], everything, { growing: true }).active).toBeTrue();
  expect(follow([drops], everything, { filtered: false, identityWanted: true }).active).toBeTrue();
});

test("where packets only end, or every packet is wanted, nothing is followed and nothing added", () => {
  for (const following of [
    follow([drops]),
    follow([probe("raw_tracepoint", "qdisc:qdisc_drop"), drops]),
    follow([receive], everything, { filtered: false }),
  ]) {
    expect(following.active).toBeFalse();
    expect(added(following)).toEqual([]);
    expect(following.mapSizes).toEqual({});
  }
});

test("probes of our own are added behind the others, with numbers that follow", () => {
  const { probes, mapSizes } = follow([receive, probe("kprobe", "ip_rcv", 1)]);
  expect(probes.map(({ id, symbol }) => [id, symbol])).toEqual([
    [0, "net:netif_receive_skb"],
    [1, "ip_rcv"],
    [2, "skb_free_head"],
    [3, "kfree_skb_partial"],
    [4, "napi_skb_free_stolen_head"],
    [5, "napi_reuse_skb"],
    [6, "pskb_expand_head"],
  ]);
  expect(probes.map((each) => each.life)).toEqual([0, 0, life.frees, life.frees | life.freesIf, life.frees, life.frees, life.replaces]);
  expect(mapSizes).toEqual({ retis_tracking: 4096 });
});

test("a probe that is wanted for events too is there once, with its flags", () => {
  const { probes } = follow([probe("kprobe", "pskb_expand_head"), probe("kretprobe", "pskb_expand_head", 1)]);
  expect(probes.filter(({ symbol }) => symbol === "pskb_expand_head")).toMatchObject([
    { id: 0, hooks: 1, life: life.replaces },
    { id: 1, hooks: 1, life: 0 },
  ]);
});

test("without skb_free_head the next way to learn of freed packets is taken", () => {
  expect(added(follow([receive], ["skb_release_data", "skb:consume_skb", "skb:kfree_skb"]))).toEqual(["skb_release_data"]);
  const { probes } = follow([receive, { ...drops, id: 1 }], ["skb:consume_skb", "skb:kfree_skb"]);
  expect(probes.map(({ symbol, life: flags }) => [symbol, flags])).toEqual([
    ["net:netif_receive_skb", 0],
    ["skb:kfree_skb", life.frees | life.freesLast | life.last],
    ["skb:consume_skb", life.frees | life.freesLast],
  ]);
  expect(info.mock.calls.flat().join()).toContain("pskb_expand_head cannot be probed here");
});

test("where functions cannot be probed, all freed memory is looked at too: nothing else tells of packets that TCP frees", () => {
  const { probes } = follow([receive], ["skb:consume_skb", "skb:kfree_skb", "kmem:kfree", "kmem:kmem_cache_free"]);
  expect(probes.slice(1).map(({ symbol, life: flags }) => [symbol, flags])).toEqual([
    ["skb:consume_skb", life.frees | life.freesLast],
    ["skb:kfree_skb", life.frees | life.freesLast],
    ["kmem:kfree", life.freesMemory],
    ["kmem:kmem_cache_free", life.freesMemory],
  ]);
});

test("when nothing tells of freed packets, the person is told", () => {
  expect(added(follow([receive], []))).toEqual([]);
  expect(warn).toHaveBeenCalledTimes(1);
});

test("a packet that ends at a tracepoint is remembered only when functions behind it are probed", () => {
  const flags = (probes: readonly Probe[]) => follow(probes, everything, { identityWanted: true }).probes[0]?.life;
  expect(flags([drops])).toBe(life.last);
  expect(flags([drops, probe("kprobe", "kfree_skbmem", 1)])).toBe(0);
});

test("stacks are followed when a probe has no skb", () => {
  expect(follow([probe("kprobe", "fib_lookup", 0, ["struct net *"])]).mapSizes).toHaveProperty("retis_stacks");
  expect(follow([probe("kprobe", "__nft_trace_packet", 0, ["struct nft_pktinfo *"])]).mapSizes).not.toHaveProperty("retis_stacks");
});
