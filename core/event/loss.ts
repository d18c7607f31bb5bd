/** Section `loss`: what could not be recorded (design D5). Made in user space, at the end of a collection. */
import { Type, U64 } from "../api/collector.ts";
import { defineSection, Line } from "../api/section.ts";

const item = Type.Object({
  probe: Type.String({ description: "Probe. Short type and symbol, e.g. `tp skb:kfree_skb`" }),
  reason: Type.String({ description: "Reason. E.g. `ring full`" }),
  count: U64({ description: "How often" }),
});

export const lossSection = defineSection({
  key: "loss",
  summary: "Lost events and sections. What could not be recorded, and why.",
  schema: Type.Object({
    lost: Type.Array(item, { description: "Losses by probe and reason" }),
    total: U64({ description: "Sum of all counts" }),
  }),
  format({ lost, total }, { paint }) {
    const lines = lost.map(({ probe, reason, count }) => paint.alarm(`lost ${count} (${reason} at ${probe})`));
    return [{ at: Line.startup, text: lost.length === 1 ? lines : [...lines, `lost ${total} in all`] }];
  },
});
