import { defineSection, Type, U64 } from "../../core/api/collector.ts";

/** Which packet an event is about. Its text is in the head line, which core/output composes. */
export const skbTrackingSection = defineSection({
  key: "skb-tracking",
  summary: "Identity of the packet. The same for all events of one packet and its clones.",
  wire: "skb_tracking",
  schema: Type.Object({
    orig_head: U64({ description: "Buffer head. Address of the data area when the packet was first seen" }),
    timestamp: U64({ description: "Time when first seen. CLOCK_MONOTONIC, nanoseconds" }),
    skb: U64({ description: "Address of the skb. Clones differ in it" }),
  }),
});
