/**
 * Where the life of a packet's data area (skb->head) changes: the flags `RETIS_PROBE_…` of bpf/include/retis/context.h
 * for the functions concerned. What follows packets (bpf/probe/tracking.h) acts on them.
 * Source: net/core/skbuff.c, net/core/gro.c.
 */
import type { ProbeType } from "./probe-spec.ts";

/** Flags of `struct retis_probe` about the packet's data area. */
export const life = { frees: 2, freesIf: 4, freesLast: 8, replaces: 16, gone: 32, last: 64, freesMemory: 128 } as const;

const ofFunctions: Readonly<Record<string, number>> = {
  skb_free_head: life.frees,
  // The data area became a part of another packet when the second argument says so; otherwise skb_free_head follows.
  kfree_skb_partial: life.frees | life.freesIf,
  napi_skb_free_stolen_head: life.frees,
  // The driver puts the next packet into the same data area.
  napi_reuse_skb: life.frees,
  pskb_expand_head: life.replaces,
  skb_release_head_state: life.gone,
  kfree_skbmem: life.gone,
};

/** The transmitted packet may be freed by now. */
const ofTracepoints: Readonly<Record<string, number>> = { "net:net_dev_xmit": life.gone };

/** What a target does to the packet that it is given. */
export function lifetimeFlags(type: ProbeType, symbol: string): number {
  if (type === "kprobe") return ofFunctions[symbol] ?? 0;
  return type === "raw_tracepoint" ? (ofTracepoints[symbol] ?? 0) : 0;
}

/** A probe that only serves to follow packets. */
export interface LifetimeProbe {
  readonly type: "kprobe" | "raw_tracepoint";
  readonly symbol: string;
  readonly life: number;
  /** Without it something is not followed, which the person should know. */
  readonly missing?: string;
}

const functionProbe = (symbol: string, missing?: string): LifetimeProbe => ({
  type: "kprobe",
  symbol,
  life: ofFunctions[symbol] ?? 0,
  ...(missing === undefined ? {} : { missing }),
});

/** Data areas that are parts of pages, as drivers make them, are freed here, unless TCP frees them. */
const endsOfPackets: readonly LifetimeProbe[] = ["skb:consume_skb", "skb:kfree_skb"].map((symbol) => ({
  type: "raw_tracepoint",
  symbol,
  life: life.frees | life.freesLast,
}));

/** All other data areas are freed as memory; packets that TCP sent, without any sign but this. */
const endsOfMemory: readonly LifetimeProbe[] = ["kmem:kfree", "kmem:kmem_cache_free"].map((symbol) => ({
  type: "raw_tracepoint",
  symbol,
  life: life.freesMemory,
}));

/** Best first: ways to learn that a data area is freed. The first one that the kernel has is enough. */
export const freeProbes: readonly (readonly LifetimeProbe[])[] = [
  [functionProbe("skb_free_head")],
  [{ type: "kprobe", symbol: "skb_release_data", life: life.frees | life.freesLast }],
  [...endsOfPackets, ...endsOfMemory],
  endsOfPackets,
];

/** Probes to use as far as the kernel has them. */
export const furtherLifetimeProbes: readonly LifetimeProbe[] = [
  functionProbe("kfree_skb_partial"),
  functionProbe("napi_skb_free_stolen_head"),
  functionProbe("napi_reuse_skb"),
  functionProbe("pskb_expand_head", "a packet whose data the kernel moves counts as a new one from there on"),
];

/** Tracepoints at which a packet ends: what no other probe can see after them need not be remembered. */
export const endTracepoints: readonly string[] = ["skb:kfree_skb", "skb:consume_skb"];
/** ... and those that only tell more about an end that follows at once. */
export const beforeEndTracepoints: readonly string[] = ["qdisc:qdisc_drop"];
