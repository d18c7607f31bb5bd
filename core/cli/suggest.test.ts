import { expect, test } from "bun:test";
import { suggest } from "./suggest.ts";

const known = ["skb", "skb-drop", "skb-tracking", "dev", "ns", "collect"];

test.each([
  ["skbb", "skb"],
  ["skb-dorp", "skb-drop"],
  ["skb_tracking", "skb-tracking"],
  ["colect", "collect"],
  ["de", "dev"],
  ["xyzzy", undefined],
  ["", undefined],
  ["q", undefined],
])("%s → %s", (name, expected) => {
  expect(suggest(name, known)).toBe(expected);
});
