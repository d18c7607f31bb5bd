/**
 * Where the lifetime of a packet's data area (skb->head) ends or the area is replaced: the functions and tracepoints
 * concerned, with flags of `enum retis_probe_flags` (bpf/include/retis/context.h). bpf/probe/tracking.h acts on them.
 * Source: net/core/skbuff.c, net/core/gro.c.
 */
import type { ProbeType } from "./probe-spec.ts";

/** Names in `enum retis_probe_flags`; the values are read from BTF. */
export type LifetimeFlag =
  | "RETIS_PROBE_FREES"
  | "RETIS_PROBE_FREES_IF"
  | "RETIS_PROBE_FREES_LAST"
  | "RETIS_PROBE_REPLACES"
  | "RETIS_PROBE_SKB_FREED"
  | "RETIS_PROBE_LAST"
  | "RETIS_PROBE_FREES_MEMORY";

type Lifetime = readonly LifetimeFlag[];

const ofFunctions: Readonly<Record<string, Lifetime>> = {
  skb_free_head: ["RETIS_PROBE_FREES"],
  // The data area became a part of another packet when the second argument says so; otherwise skb_free_head is next.
  kfree_skb_partial: ["RETIS_PROBE_FREES", "RETIS_PROBE_FREES_IF"],
  napi_skb_free_stolen_head: ["RETIS_PROBE_FREES"],
  // The driver puts the next packet into the same data area.
  napi_reuse_skb: ["RETIS_PROBE_FREES"],
  pskb_expand_head: ["RETIS_PROBE_REPLACES"],
  skb_release_head_state: ["RETIS_PROBE_SKB_FREED"],
  kfree_skbmem: ["RETIS_PROBE_SKB_FREED"],
};

const ofTracepoints: Readonly<Record<string, Lifetime>> = {
  // The transmitted packet may be freed by now.
  "net:net_dev_xmit": ["RETIS_PROBE_SKB_FREED"],
};

/** What a target does to the skb that it is given. */
export function lifetimeFlags(type: ProbeType, symbol: string): Lifetime {
  if (type === "kprobe") return ofFunctions[symbol] ?? [];
  return type === "raw_tracepoint" ? (ofTracepoints[symbol] ?? []) : [];
}

/** A probe that only tracks packets. */
export interface LifetimeProbe {
  readonly type: "kprobe" | "raw_tracepoint";
  readonly symbol: string;
  readonly lifetime: Lifetime;
  /** What is not tracked without it, for the log. */
  readonly missing?: string;
}

const functionProbe = (symbol: string, missing?: string): LifetimeProbe => ({
  type: "kprobe",
  symbol,
  lifetime: lifetimeFlags("kprobe", symbol),
  ...(missing === undefined ? {} : { missing }),
});

/** Data areas that are parts of pages, which drivers use, are freed here, unless TCP frees them. */
const packetEnds: readonly LifetimeProbe[] = ["skb:consume_skb", "skb:kfree_skb"].map((symbol) => ({
  type: "raw_tracepoint",
  symbol,
  lifetime: ["RETIS_PROBE_FREES", "RETIS_PROBE_FREES_LAST"],
}));

/** All other data areas are freed as memory; of packets that TCP sent there is no other sign. */
const memoryFrees: readonly LifetimeProbe[] = ["kmem:kfree", "kmem:kmem_cache_free"].map((symbol) => ({
  type: "raw_tracepoint",
  symbol,
  lifetime: ["RETIS_PROBE_FREES_MEMORY"],
}));

/** Best first: ways to learn that a data area is freed. The first one that the kernel has is enough. */
export const freeProbes: readonly (readonly LifetimeProbe[])[] = [
  [functionProbe("skb_free_head")],
  [{ type: "kprobe", symbol: "skb_release_data", lifetime: ["RETIS_PROBE_FREES", "RETIS_PROBE_FREES_LAST"] }],
  [...packetEnds, ...memoryFrees],
  packetEnds,
];

/** Probes to use as far as the kernel has them. */
export const furtherLifetimeProbes: readonly LifetimeProbe[] = [
  functionProbe("kfree_skb_partial"),
  functionProbe("napi_skb_free_stolen_head"),
  functionProbe("napi_reuse_skb"),
  functionProbe("pskb_expand_head", "a packet whose data the kernel moves counts as a new one afterwards"),
];

/** Tracepoints at which a packet ends: what no other probe can see after them need not be remembered. */
export const endTracepoints: readonly string[] = ["skb:kfree_skb", "skb:consume_skb"];
/** ... and those that only say more about an end that follows at once. */
export const beforeEndTracepoints: readonly string[] = ["qdisc:qdisc_drop"];

/** Functions that may be probed to track packets. */
export const lifetimeFunctions: readonly string[] = [...freeProbes.flat(), ...furtherLifetimeProbes]
  .filter(({ type }) => type === "kprobe")
  .map(({ symbol }) => symbol);
