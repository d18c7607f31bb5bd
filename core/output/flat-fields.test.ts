import { expect, test } from "bun:test";
import type { Event } from "../api/event.ts";
import { formatRfc3339 } from "../base/time.ts";
import { type FlatContext, flatFields, flatRecord } from "./flat-fields.ts";

const context: FlatContext = {
  host: "web1",
  time: (timestamp) => formatRfc3339(1_700_000_000_000_000_000n + BigInt(timestamp)),
  classOf: ({ reason }) => (reason === "NO_SOCKET" ? "problem" : "unknown"),
};
const ethernet = "02000000000b02000000000a";
const syn = `${ethernet}0800 45000028 0000 4000 4006 0000 0a000001 0a000002 9c40 0050 00000001 00000000 5002 ffff 0000 0000`;
const ipInIp = `${ethernet}0800 4500003c 0000 0000 4004 0000 0a000001 0a000002 45000028 0000 0000 4006 0000 0a000103 0a000104 9c40 0050 00000001 00000000 5012 ffff 0000 0000`;
const bytes = (hex: string) => Uint8Array.fromHex(hex.replaceAll(" ", ""));

const drop: Event = {
  common: { timestamp: 5, smp_id: 1, task: { pid: 4711, tgid: 4712, comm: "curl" } },
  kernel: { probe_type: "raw_tracepoint", symbol: "skb:kfree_skb" },
  "skb-drop": { drop_reason: "NO_SOCKET", location: "tcp_v4_rcv+0x1" },
  packet: { data: bytes(syn), len: 54 },
  dev: { name: "eth0", ifindex: 2 },
  netns: { inum: 4_026_531_840, name: "blue" },
  "skb-tracking": { timestamp: 16, orig_head: 0xffffn, skb: 1n },
};

test("a drop", () => {
  expect(flatRecord(drop, context)).toMatchObject({
    ...{ time: "2023-11-14T22:13:20.000000005Z", host: "web1", probe: "tp:skb:kfree_skb" },
    ...{ reason: "NO_SOCKET", subsystem: "core", class: "problem", location: "tcp_v4_rcv+0x1" },
    ...{ src: "10.0.0.1", dst: "10.0.0.2", sport: 40_000, dport: 80, proto: "tcp", len: 54, tcp_flags: "S" },
    ...{ dev: "eth0", netns: 4_026_531_840, netns_name: "blue", comm: "curl", pid: 4711 },
  });
});

test("fields come in the order of the schema, and it has all of them", () => {
  const keys = Object.keys(flatRecord({ ...drop, packet: { data: bytes(ipInIp), len: 74 } }, context));
  const order = Object.keys(flatFields);
  expect(keys.map((key) => order.indexOf(key))).not.toContain(-1);
  expect(keys).toEqual(order.filter((key) => keys.includes(key)));
});

test("a packet in a tunnel", () => {
  expect(flatRecord({ kernel: drop["kernel"]!, packet: { data: bytes(ipInIp), len: 74 } }, context)).toMatchObject({
    ...{ src: "10.0.0.1", dst: "10.0.0.2", proto: "4", tcp_flags: "S." },
    ...{ inner_src: "10.0.1.3", inner_dst: "10.0.1.4", inner_sport: 40_000, inner_dport: 80, inner_proto: "tcp" },
  });
});

test("the packet that an ICMP error is about, of which only the ports are quoted", () => {
  const quoted = "4500003c 0000 0000 4006 0000 0a000002 0a000103 9c40 01bb 00000001";
  const error = `${ethernet}0800 45000038 0000 0000 4001 0000 0a000001 0a000002 0301 0000 00000000 ${quoted}`;
  expect(flatRecord({ kernel: drop["kernel"]!, packet: { data: bytes(error), len: 70 } }, context)).toMatchObject({
    ...{ src: "10.0.0.1", dst: "10.0.0.2", proto: "icmp" },
    ...{ inner_src: "10.0.0.2", inner_dst: "10.0.1.3", inner_sport: 40_000, inner_dport: 443, inner_proto: "tcp" },
  });
});

test("what is not a drop has no reason; what is absent is left out", () => {
  const record = flatRecord({ kernel: { probe_type: "kprobe", symbol: "tcp_v4_rcv" }, "skb-drop": { drop_reason: "CONSUMED" } }, context);
  expect(record).toEqual({ host: "web1", probe: "kprobe:tcp_v4_rcv" });
});

test("a rule or policy of nftables", () => {
  const nft = { table_name: "t", chain_name: "in", verdict: "drop", policy: true };
  expect(flatRecord({ kernel: drop["kernel"]!, nft }, context)).toMatchObject({ nft_table: "t", nft_chain: "in", nft_rule: "policy" });
});

test.each([
  ["damaged", { data: "x" }],
  ["empty", { data: new Uint8Array() }],
])("a packet that is %s has no fields", (_, packet) => {
  expect(Object.keys(flatRecord({ kernel: drop["kernel"]!, packet }, context))).toEqual(["host", "probe"]);
});
