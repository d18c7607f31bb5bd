import { expect, test } from "bun:test";
import { ProbeChoice, probeKeyOf } from "./probe-choice.ts";

const of = (probe_type: string, symbol: string) => ({ kernel: { probe_type, symbol } });
const drop = of("raw_tracepoint", "skb:kfree_skb");
const receive = of("kprobe", "tcp_v4_rcv");
const received = of("kretprobe", "tcp_v4_rcv");

test("without patterns every kernel event is taken, and no other", () => {
  const choice = new ProbeChoice([]);
  expect([drop, receive, received, { startup: {} }, { kernel: { symbol: 5 } }].map((event) => choice.matches(event))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
  expect(choice.seen).toEqual(["kprobe:tcp_v4_rcv", "kretprobe:tcp_v4_rcv", "tp:skb:kfree_skb"]);
});

test.each([
  ["skb:kfree_skb", [true, false, false]],
  ["tp:skb:*/stack", [true, false, false]],
  ["*:*", [true, false, false]],
  ["tcp_*", [false, true, false]],
  ["*", [false, true, false]],
  ["kr:tcp_v?_rcv", [false, false, false]],
  ["kretprobe:*_rcv", [false, false, true]],
  ["tcp", [false, false, false]],
])("%s", (pattern, expected) => {
  const choice = new ProbeChoice([pattern]);
  expect([drop, receive, received].map((event) => choice.matches(event))).toEqual(expected);
});

test("says which patterns no event was of, but for optional ones", () => {
  const choice = new ProbeChoice(["tcp_*", "k:udp_rcv", "k:icmp_rcv/optional", "skb:*"]);
  for (const event of [drop, receive, receive]) expect(choice.matches(event)).toBe(true);
  expect(choice.missed).toEqual(["k:udp_rcv"]);
});

test("refuses what is not a probe", () => {
  expect(() => new ProbeChoice(["tp:kfree_skb"])).toThrow("a tracepoint is written GROUP:EVENT");
});

test("probes are named as --probe takes them", () => {
  expect([drop, receive, received].map(probeKeyOf)).toEqual(["tp:skb:kfree_skb", "kprobe:tcp_v4_rcv", "kretprobe:tcp_v4_rcv"]);
});
