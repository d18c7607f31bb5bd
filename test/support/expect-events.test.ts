import { expect, test } from "bun:test";
import { parseEvents } from "./event-file.ts";
import { expectEvents } from "./expect-events.ts";

const events = parseEvents(
  [
    '{"common":{"timestamp":1},"dev":{"name":"veth10","ifindex":2},"skb-tracking":{"orig_head":18446612682070000128}}',
    '{"common":{"timestamp":2},"dev":{"name":"veth01","ifindex":2},"skb-tracking":{"orig_head":18446612682070000128}}',
    '{"common":{"timestamp":3},"dev":{"name":"veth10","ifindex":3},"skb-tracking":{"orig_head":18446612682070000129}}',
  ].join("\n") + "\n",
);

test("64-bit integers stay exact", () => {
  expect(events[0]?.["skb-tracking"]).toEqual({ orig_head: 18446612682070000128n });
});

test("subsets match in order, strings as substrings", () => {
  expectEvents(events, [{ dev: { name: "veth" } }, { dev: { name: "veth10", ifindex: 3 } }]);
  expect(() => expectEvents(events, [{ dev: { name: "veth01" } }, { dev: { ifindex: 2 } }])).toThrow("expected event 1");
  expect(() => expectEvents(events, [{ packet: {} }])).toThrow("expected event 0");
});

test("values are remembered and compared", () => {
  const first = { "skb-tracking": { orig_head: "&head" } };
  expectEvents(events, [first, { "skb-tracking": { orig_head: "*head" } }, { "skb-tracking": { orig_head: "!head" } }]);
  expect(() => expectEvents(events, [first, { common: { timestamp: 3 }, "skb-tracking": { orig_head: "*head" } }])).toThrow();
});
