/** Section `loss`: what could not be recorded. Made in user space, at the end of a collection. */
import { type Static, Type, U64 } from "../api/collector.ts";
import { defineSection, Line } from "../api/section.ts";

const item = Type.Object({
  probe: Type.String({ description: "Probe. Short type and symbol, e.g. `tp skb:kfree_skb`" }),
  reason: Type.String({ description: "Reason. E.g. `ring full`" }),
  count: U64({ description: "How often" }),
});

const items = (description: string) => Type.Optional(Type.Array(item, { description }));

type Item = Static<typeof item>;

export const lossSection = defineSection({
  key: "loss",
  summary: "Lost events and sections. What could not be recorded, and why.",
  schema: Type.Object({
    lost: Type.Array(item, { description: "Lost events by probe and reason" }),
    total: U64({ description: "Sum of lost events" }),
    incomplete: items("Events that lack a part. By probe and reason"),
    skipped: items("Skipped hits. Probe hits that no filter saw: they may or may not have been wanted. By probe and reason"),
    untracked: items("What packet tracking missed. Packets may have lost their identity, or have that of an earlier one"),
  }),
  format({ lost, total, incomplete = [], skipped = [], untracked = [] }, { paint }) {
    const text = (what: string, list: readonly Item[]) =>
      list.map(({ probe, reason, count }) => `${what} ${count} (${reason} at ${probe})`);
    const lines = [
      ...text("lost", lost).map(paint.alarm),
      ...(lost.length > 1 ? [`lost ${total} in all`] : []),
      ...text("incomplete", incomplete),
      ...text("skipped", skipped),
      ...text("untracked", untracked),
    ];
    return [{ at: Line.startup, text: lines.length > 0 ? lines : ["lost 0"] }];
  },
});
