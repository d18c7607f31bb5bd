import { expect, test } from "bun:test";
import type { Event } from "../api/event.ts";
import { match, strictMatch, trackingId } from "./tracking-id.ts";

const seen = (orig_head: bigint, timestamp: number, skb: bigint): Event => ({ "skb-tracking": { orig_head, timestamp, skb } });

test("the id holds time and place, exact", () => {
  expect(trackingId(seen(2n ** 64n - 1n, 5, 1n))).toBe((5n << 64n) + 2n ** 64n - 1n);
});

test("in a sorted file the series decides", () => {
  const clone = { ...seen(9n, 9, 1n), tracking: { skb: { orig_head: 7, timestamp: 1, skb: 2 }, idx: 3 } };
  expect(trackingId(clone)).toBe((1n << 64n) + 7n);
});

test("a clone matches, but not strictly", () => {
  expect(match(seen(1n, 1, 2n), seen(1n, 1, 3n))).toBe(true);
  expect(strictMatch(seen(1n, 1, 2n), seen(1n, 1, 3n))).toBe(false);
  expect(strictMatch(seen(1n, 1, 2n ** 63n), seen(1n, 1, 2n ** 63n))).toBe(true);
});

test("events that were not tracked match nothing", () => {
  expect(trackingId({})).toBeUndefined();
  expect(match({}, {})).toBe(false);
});
