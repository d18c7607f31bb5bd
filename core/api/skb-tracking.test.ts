import { expect, test } from "bun:test";
import { skbTrackingOf, trackingId, trackingIdText } from "./skb-tracking.ts";

const own = { orig_head: 0xabcn, timestamp: 5, skb: 1 };

test("the packet that sorting found goes before the event's own", () => {
  const found = { ...own, timestamp: 4 };
  expect(skbTrackingOf({ "skb-tracking": own })).toBe(own as never);
  expect(skbTrackingOf({ "skb-tracking": own, tracking: { skb: found, idx: 0 } })).toBe(found as never);
});

test.each([undefined, null, {}, { ...own, skb: "1" }, { ...own, timestamp: 1.5 }, { ...own, orig_head: -1 }, { ...own, skb: 1n << 64n }])(
  "not tracked: %p",
  (section) => expect(skbTrackingOf({ "skb-tracking": section as never })).toBeUndefined(),
);

test.each([
  { orig_head: 0xabc, timestamp: 0, skb: 1 },
  { orig_head: 0xffff_8880_0000_0000n, timestamp: 0, skb: 1 },
  { orig_head: 0xabc, timestamp: 5, skb: 1 },
  { orig_head: (1n << 64n) - 1n, timestamp: (1n << 64n) - 1n, skb: 1 },
])("the text is the id in hexadecimal: %p", (tracking) => {
  const { timestamp, orig_head } = tracking;
  expect(trackingIdText(timestamp.toString(16), orig_head.toString(16))).toBe(trackingId(tracking).toString(16));
});
