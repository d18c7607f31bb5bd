import { expect, test } from "bun:test";
import { nearestName, nearNames } from "./near-names.ts";

const known = ["ip_rcv", "ip_route", "tcp_v4_rcv", "tcp_v6_rcv", "udp_rcv", "__kfree_skb"];
const words = ["skb", "skb-drop", "skb-tracking", "dev", "ns", "collect"];

test("one slip in a short name is enough, whichever it is", () => {
  expect(nearNames("ip_rvc", known)).toEqual(["ip_rcv"]);
  expect(nearNames("pi_rcv", known)).toEqual(["ip_rcv"]);
  expect(nearNames("ip_rc", known)).toEqual(["ip_rcv"]);
  expect(nearNames("ip_rccv", known)).toEqual(["ip_rcv"]);
  expect(nearNames("ip_xcv", known)).toEqual(["ip_rcv"]);
  expect(nearNames("ip_xvc", known)).toEqual([]);
});

test("longer names may differ more; the nearest comes first, the name itself never", () => {
  expect(nearNames("tcp_v4_rcv", known)).toEqual(["tcp_v6_rcv"]);
  expect(nearNames("tcp_4v_rvc", known)).toEqual(["tcp_v4_rcv"]);
  expect(nearNames("tcp_v5_rcv", known, 1)).toEqual(["tcp_v4_rcv"]);
});

test.each([
  ["skbb", "skb"],
  ["skb-dorp", "skb-drop"],
  ["skb_tracking", "skb-tracking"],
  ["colect", "collect"],
  ["de", "dev"],
  ["xyzzy", undefined],
  ["", undefined],
  ["q", undefined],
])("nearest word: %s → %s", (name, expected) => {
  expect(nearestName(name, words)).toBe(expected);
});
