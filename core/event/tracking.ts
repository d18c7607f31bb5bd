/** Section `tracking`: the place of an event in its series. Made by `sort`. */
import { Group, Type, U32, U64 } from "../api/collector.ts";
import { defineSection } from "../api/section.ts";

const skb = Group(
  {
    orig_head: U64({ description: "Buffer head. Address when first seen" }),
    timestamp: U64({ description: "Time when first seen. CLOCK_MONOTONIC, nanoseconds" }),
    skb: U64({ description: "Address of the skb" }),
  },
  { description: "Tracking identity. That of the first event of the series" },
);

/** Its text is in the head line, which core/output composes. */
export const trackingSection = defineSection({
  key: "tracking",
  summary: "Position in a series. Only in sorted files.",
  schema: Type.Object({ skb, idx: U32({ description: "Position in the series. Counts from 0" }) }),
});
