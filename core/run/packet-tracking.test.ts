import { afterAll, afterEach, beforeAll, expect, type Mock, spyOn, test } from "bun:test";
import { log } from "../base/log.ts";
import type { Probe } from "../probe/probe.ts";
import { planPacketTracking, type TrackingRequest } from "./packet-tracking.ts";

const skb = "struct sk_buff *";
let info: Mock<typeof log.info>;
let warn: Mock<typeof log.warn>;
beforeAll(() => {
  info = spyOn(log, "info").mockImplementation(() => {});
  warn = spyOn(log, "warn").mockImplementation(() => {});
});
// Files of tests share the log.
afterAll(() => {
  info.mockRestore();
  warn.mockRestore();
});
afterEach(() => {
  info.mockClear();
  warn.mockClear();
});

function probe(type: Probe["type"], symbol: string, id = 0, parameters: readonly string[] = [skb]): Probe {
  return { id, type, symbol, parameters, hooks: 1, contextHooks: 0, requested: true, stack: false, showStack: false };
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

function plan(probes: readonly Probe[], has: readonly string[] = everything, options: Partial<TrackingRequest> = {}) {
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
const added = (tracking: { readonly probes: readonly Probe[] }) =>
  tracking.probes.filter(({ hooks }) => hooks === 0).map(({ symbol }) => symbol);

test("packets are tracked when a filter applies at several places, or a collector reports their identity", () => {
  expect(plan([receive]).active).toBeTrue();
  expect(plan([drops], everything, { growing: true }).active).toBeTrue();
  expect(plan([drops], everything, { filtered: false, identityWanted: true }).active).toBeTrue();
});

test("where packets only end, or there is no filter, nothing is tracked and no probe added", () => {
  for (const tracking of [
    plan([drops]),
    plan([probe("raw_tracepoint", "qdisc:qdisc_drop"), drops]),
    plan([receive], everything, { filtered: false }),
  ]) {
    expect(tracking.active).toBeFalse();
    expect(added(tracking)).toEqual([]);
    expect(tracking.mapSizes).toEqual({});
  }
});

test("probes that only track packets are added after the others, with the next numbers", () => {
  const { probes, mapSizes } = plan([receive, probe("kprobe", "ip_rcv", 1)]);
  expect(probes.map(({ id, symbol }) => [id, symbol])).toEqual([
    [0, "net:netif_receive_skb"],
    [1, "ip_rcv"],
    [2, "skb_free_head"],
    [3, "kfree_skb_partial"],
    [4, "napi_skb_free_stolen_head"],
    [5, "napi_reuse_skb"],
    [6, "pskb_expand_head"],
  ]);
  expect(probes.map((each) => each.lifetime)).toEqual([
    [],
    [],
    ["RETIS_PROBE_FREES"],
    ["RETIS_PROBE_FREES", "RETIS_PROBE_FREES_IF"],
    ["RETIS_PROBE_FREES"],
    ["RETIS_PROBE_FREES"],
    ["RETIS_PROBE_REPLACES"],
  ]);
  expect(mapSizes).toEqual({ retis_tracking: 4096 });
});

test("a probe that is wanted for events too is there once, with its flags", () => {
  const { probes } = plan([probe("kprobe", "pskb_expand_head"), probe("kretprobe", "pskb_expand_head", 1)]);
  expect(probes.filter(({ symbol }) => symbol === "pskb_expand_head")).toMatchObject([
    { id: 0, hooks: 1, lifetime: ["RETIS_PROBE_REPLACES"] },
    { id: 1, hooks: 1, lifetime: [] },
  ]);
});

test("without skb_free_head the next best probes for freed packets are used", () => {
  expect(added(plan([receive], ["skb_release_data", "skb:consume_skb", "skb:kfree_skb"]))).toEqual(["skb_release_data"]);
  const { probes } = plan([receive, { ...drops, id: 1 }], ["skb:consume_skb", "skb:kfree_skb"]);
  expect(probes.map(({ symbol, lifetime }) => [symbol, lifetime])).toEqual([
    ["net:netif_receive_skb", []],
    ["skb:kfree_skb", ["RETIS_PROBE_FREES", "RETIS_PROBE_FREES_LAST", "RETIS_PROBE_LAST"]],
    ["skb:consume_skb", ["RETIS_PROBE_FREES", "RETIS_PROBE_FREES_LAST"]],
  ]);
  expect(info.mock.calls.flat().join()).toContain("pskb_expand_head cannot be probed on this kernel");
});

test("where functions cannot be probed, all freed memory is checked too: packets that TCP frees have no other sign", () => {
  const { probes } = plan([receive], ["skb:consume_skb", "skb:kfree_skb", "kmem:kfree", "kmem:kmem_cache_free"]);
  expect(probes.slice(1).map(({ symbol, lifetime }) => [symbol, lifetime])).toEqual([
    ["skb:consume_skb", ["RETIS_PROBE_FREES", "RETIS_PROBE_FREES_LAST"]],
    ["skb:kfree_skb", ["RETIS_PROBE_FREES", "RETIS_PROBE_FREES_LAST"]],
    ["kmem:kfree", ["RETIS_PROBE_FREES_MEMORY"]],
    ["kmem:kmem_cache_free", ["RETIS_PROBE_FREES_MEMORY"]],
  ]);
});

test("a kernel without any probe for freed packets causes a warning", () => {
  expect(added(plan([receive], []))).toEqual([]);
  expect(warn).toHaveBeenCalledTimes(1);
});

test("a packet that ends at a tracepoint is tracked only when functions after it are probed", () => {
  const flags = (probes: readonly Probe[]) => plan(probes, everything, { identityWanted: true }).probes[0]?.lifetime;
  expect(flags([drops])).toEqual(["RETIS_PROBE_LAST"]);
  expect(flags([drops, probe("kprobe", "kfree_skbmem", 1)])).toEqual([]);
});

test("stacks are tracked when a probe has no skb", () => {
  expect(plan([probe("kprobe", "fib_lookup", 0, ["struct net *"])]).mapSizes).toHaveProperty("retis_stacks");
  expect(plan([probe("kprobe", "__nft_trace_packet", 0, ["struct nft_pktinfo *"])]).mapSizes).not.toHaveProperty("retis_stacks");
});
