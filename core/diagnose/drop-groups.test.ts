import { expect, test } from "bun:test";
import type { Event } from "../api/event.ts";
import { DropGroups } from "./drop-groups.ts";

const header = "02000000000b02000000000a0800";
/** UDP from 10.0.0.1 to 10.0.0.2, with a given source port. */
const udp = (port: string, destination = "0a000002") =>
  Uint8Array.fromHex(`${header}4500001c0000400040110000` + `0a000001${destination}${port}1b5800080000`);

function drop(data: Uint8Array | undefined, reason = "NO_SOCKET", more: Event = {}): Event {
  const kernel = { symbol: "skb:kfree_skb", probe_type: "raw_tracepoint" };
  return { kernel, "skb-drop": { drop_reason: reason }, ...(data === undefined ? {} : { packet: { data, len: data.length } }), ...more };
}

test("drops that differ in their source port only are one group; the most frequent is first", () => {
  const groups = new DropGroups();
  for (const port of ["9c40", "9c41"]) groups.add(drop(udp(port)));
  groups.add(drop(udp("9c40"), "TCP_CSUM"));
  expect(groups.ranking()).toMatchObject([
    { reason: "NO_SOCKET", count: 2, packet: { source: "10.0.0.1", destination: "10.0.0.2", destinationPort: 7000, dontFragment: true } },
    { reason: "TCP_CSUM", count: 1 },
  ]);
});

test("namespaces and devices tell groups apart", () => {
  const groups = new DropGroups();
  groups.add(drop(udp("9c40"), "NO_SOCKET", { netns: { inum: 1 }, dev: { name: "a" } }));
  groups.add(drop(udp("9c40"), "NO_SOCKET", { netns: { inum: 2 }, dev: { name: "a" } }));
  groups.add(drop(undefined, "NO_SOCKET", { netns: { inum: 2 }, dev: { name: "b" } }));
  expect(groups.ranking()).toHaveLength(3);
});

test("the rule that dropped a packet is that of the event before", () => {
  const groups = new DropGroups();
  const packet = { data: udp("9c40"), len: 42 };
  groups.add({ packet, nft: { table_name: "t", chain_name: "in", verdict: "drop", rule: "udp dport 7000 drop", rule_handle: 4 } });
  groups.add(drop(packet.data, "NETFILTER_DROP"));
  groups.add(drop(udp("9c40", "0a000003"), "NETFILTER_DROP"));
  expect(groups.ranking().map(({ rule }) => rule)).toEqual(["table t chain in: udp dport 7000 drop # handle 4", undefined]);
});

test("a filter leaves out other packets, and those without bytes", () => {
  const groups = new DropGroups((bytes) => bytes[33] === 3);
  for (const data of [udp("9c40"), udp("9c40", "0a000003"), undefined]) groups.add(drop(data));
  expect(groups.ranking()).toMatchObject([{ count: 1, packet: { destination: "10.0.0.3" } }]);
});

test("what is not a drop is left out", () => {
  const groups = new DropGroups();
  groups.add(drop(udp("9c40"), "CONSUMED"));
  groups.add({ kernel: { symbol: "ip_rcv", probe_type: "kprobe" }, packet: { data: udp("9c40"), len: 42 } });
  expect(groups.ranking()).toEqual([]);
});

test("what is normal comes last, however frequent", () => {
  const drop = (drop_reason: string): Event => ({
    kernel: { symbol: "skb:kfree_skb", probe_type: "raw_tracepoint" },
    "skb-drop": { drop_reason, location: "ip_rcv_core.isra.0+0x22c" },
  });
  const groups = new DropGroups(undefined, (event) => (event["skb-drop"]?.["drop_reason"] === "OTHERHOST" ? "normal" : "problem"));
  for (const reason of ["OTHERHOST", "OTHERHOST", "IP_CSUM", "OTHERHOST", "NO_SOCKET", "NO_SOCKET"]) groups.add(drop(reason));
  expect(groups.ranking().map(({ reason, count, location, class: found }) => [reason, count, location, found])).toEqual([
    ["NO_SOCKET", 2, "ip_rcv_core", "problem"],
    ["IP_CSUM", 1, "ip_rcv_core", "problem"],
    ["OTHERHOST", 3, "ip_rcv_core", "normal"],
  ]);
});
