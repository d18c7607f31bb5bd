/** The built-in collectors, in processing order: one import and one entry each. */
import type { Collector } from "../core/api/collector.ts";
import ct from "./ct/collector.ts";
import dev from "./dev/collector.ts";
import nft from "./nft/collector.ts";
import ns from "./ns/collector.ts";
import ovs from "./ovs/collector.ts";
import skb from "./skb/collector.ts";
import skbDrop from "./skb-drop/collector.ts";
import skbTracking from "./skb-tracking/collector.ts";

export const builtInCollectors: readonly Collector[] = [skbTracking, skb, skbDrop, ovs, nft, ct, dev, ns];
