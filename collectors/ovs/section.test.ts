import { describe, expect, test } from "bun:test";
import type { EnumValue, KernelFacts } from "../../core/api/collector.ts";
import { sectionReader, sectionText, textContext } from "../../test/support/section-reader.ts";
import { ovsNames, ovsTexts, setToMasked } from "./names.ts";
import { ovsSection } from "./section.ts";
import { hook, payload } from "./testdata/payload.ts";

const enums: Readonly<Record<string, readonly EnumValue[]>> = {
  ovs_action_attr: [
    ["UNSPEC", 0],
    ["OUTPUT", 1],
    ["USERSPACE", 2],
    ["SET", 3],
    ["PUSH_VLAN", 4],
    ["SAMPLE", 6],
    ["RECIRC", 7],
    ["HASH", 8],
    ["PUSH_MPLS", 9],
    ["POP_MPLS", 10],
    ["SET_MASKED", 11],
    ["CT", 12],
    ["TRUNC", 13],
    ["PUSH_ETH", 14],
    ["METER", 19],
    ["CHECK_PKT_LEN", 21],
    ["DROP", 24],
    ["PSAMPLE", 25],
    ["PUSH_NSH", 17],
    ["SET_TO_MASKED", 27],
  ].map(([name, value]) => ({ name: `OVS_ACTION_ATTR_${name}`, value: Number(value) })),
  ovs_key_attr: [
    { name: "OVS_KEY_ATTR_IPV4", value: 7 },
    { name: "OVS_KEY_ATTR_TUNNEL_INFO", value: 31 },
    { name: "__OVS_KEY_ATTR_MAX", value: 33 },
  ],
};
const kernel = { enumValues: (name: string) => enums[name] } as KernelFacts;
const reader = sectionReader("ovs", hook, ovsSection, ovsNames(kernel), ovsTexts);

/** `enum ovs_event_type` of hooks/section.h. */
const kind = { upcall: 0, enqueue: 1, return: 2, receive: 3, operation: 4, action: 5, lookup: 6 } as const;
/** `enum ovs_present` of hooks/section.h, in the order of its bits. */
const present = [
  ..."CPU CMD UPCALL RET RECEIVED OPERATION BATCH QUEUE_ID LOOKUP ACTION".split(" "),
  ..."PORT RECIRC REASON METER MAX_LEN PROBABILITY PKT_LEN GROUP UPCALL_PORT".split(" "),
  ..."HASH KEY VLAN ETHERTYPE MPLS ETHERNET CT NAT SET NSH".split(" "),
];
const bit = (number: number) => 1 << number;
const bits = (names: readonly string[]) => names.reduce((all, name) => all | bit(present.indexOf(name)), 0);
const base = (event_type: number, ...names: readonly string[]) => ({ event_type, present: bits(names) });
const action = (number: number, ...names: readonly string[]) => ({ event_type: 5, present: bits(["ACTION", ...names]), action: number });

const time = 5000123456789n;
const time64 = 5000123456789;
const flow = 0xffff_8881_0102_0304n;

type Case = readonly [
  what: string,
  members: Parameters<typeof payload>[0],
  data: object,
  text: string,
  details?: Parameters<typeof payload>[1],
];

const cases: readonly Case[] = [
  [
    "an upcall",
    { ...base(kind.upcall, "CPU", "CMD", "PORT"), cmd: 1, value: 7, upcall_cpu: 2 },
    { event_type: "upcall", cmd: 1, port: 7, cpu: 2 },
    "upcall (miss) port 7 cpu 2",
  ],
  [
    "a packet that is queued",
    {
      ...base(kind.enqueue, "UPCALL", "RET", "CMD", "PORT", "QUEUE_ID"),
      ret: -105,
      cmd: 2,
      value: 7,
      upcall_ts: time,
      upcall_cpu: 2,
      queue_id: 77,
    },
    { event_type: "upcall_enqueue", ret: -105, cmd: 2, port: 7, upcall_ts: time64, upcall_cpu: 2, queue_id: 77 },
    "upcall_enqueue (action) (2/5000123456789) q 77 ret -105",
  ],
  [
    "the end of an upcall",
    { ...base(kind.return, "UPCALL", "RET"), ret: 0, upcall_ts: time, upcall_cpu: 2 },
    { event_type: "upcall_return", ret: 0, upcall_ts: time64, upcall_cpu: 2 },
    "upcall_ret (2/5000123456789) ret 0",
  ],
  [
    "a packet that user space received",
    {
      ...base(kind.receive, "RECEIVED", "QUEUE_ID", "BATCH"),
      recv_type: 1,
      pkt_size: 98,
      sf_acts: 132,
      queue_id: 77,
      upcall_ts: time,
      batch_idx: 3,
    },
    { event_type: "recv_upcall", type: 1, pkt_size: 98, key_size: 132, queue_id: 77, batch_ts: time64, batch_idx: 3 },
    "upcall_recv q 77 pkt_size 98",
  ],
  [
    "an operation of user space",
    { ...base(kind.operation, "OPERATION", "QUEUE_ID", "BATCH"), op_type: 1, queue_id: 77, upcall_ts: time, batch_idx: 3 },
    { event_type: "flow_operation", op_type: "put", queue_id: 77, batch_ts: time64, batch_idx: 3 },
    "flow_put q 77 ts 5000123456789 (3)",
  ],
  [
    "a flow that was found",
    { ...base(kind.lookup, "LOOKUP"), upcall_ts: flow, sf_acts: flow + 1n, ufid: [1, 2, 3, 4], n_mask_hit: 3, n_cache_hit: 1 },
    { event_type: "flow_lookup", flow, sf_acts: flow + 1n, ufid: [1, 2, 3, 4], n_mask_hit: 3, n_cache_hit: 1, dpflow: "", ofpflows: [] },
    "flow hit ufid 00000001-0000-0002-0000-000300000004 mask 3 cache 1 flow ffff888101020304 sf_acts ffff888101020305",
  ],
  [
    "a flow that was not found",
    { ...base(kind.lookup, "LOOKUP"), n_mask_hit: 2 },
    { event_type: "flow_lookup", flow: 0, sf_acts: 0, ufid: [0, 0, 0, 0], n_mask_hit: 2, n_cache_hit: 0, dpflow: "", ofpflows: [] },
    "flow miss mask 2 cache 0",
  ],
  [
    "an output for user space",
    { ...action(1, "PORT", "QUEUE_ID"), value: 3, queue_id: 77, recirc_id: 4 },
    { event_type: "action_execute", port: 3, action: "output", recirc_id: 4, queue_id: 77 },
    "[recirc_id 0x4] exec oport 3 q 77",
  ],
  ["a recirculation", { ...action(7, "RECIRC"), value: 34 }, { action: "recirc", id: 34, recirc_id: 0 }, "exec recirc 0x22"],
  ["a drop", { ...action(24, "REASON"), value: 2 }, { action: "drop", reason: 2, recirc_id: 0 }, "exec drop 2"],
  ["a meter", { ...action(19, "METER"), value: 5 }, { action: "meter", recirc_id: 0, meter_id: 5 }, "exec meter 5"],
  ["a cut", { ...action(13, "MAX_LEN"), value: 100 }, { action: "trunc", recirc_id: 0, max_len: 100 }, "exec trunc 100"],
  [
    "a sample",
    { ...action(6, "PROBABILITY"), value: 0x7fffffff },
    { action: "sample", recirc_id: 0, probability: 0x7fffffff },
    "exec sample 50.00%",
  ],
  [
    "a check of the length",
    { ...action(21, "PKT_LEN"), value: 1500 },
    { action: "check_pkt_len", recirc_id: 0, pkt_len: 1500 },
    "exec check_pkt_len 1500",
  ],
  ["a psample", { ...action(25, "GROUP"), value: 9 }, { action: "psample", recirc_id: 0, group: 9 }, "exec psample group 9"],
  [
    "a userspace action",
    { ...action(2, "UPCALL_PORT"), value: 8 },
    { action: "userspace", recirc_id: 0, upcall_port: 8 },
    "exec userspace port 8",
  ],
  [
    "a userspace action for the CPU's socket",
    { ...action(2, "UPCALL_PORT"), value: 0xffffffff },
    { action: "userspace", recirc_id: 0, upcall_port: 0xffffffff },
    "exec userspace",
  ],
  [
    "a hash",
    { ...action(8, "HASH"), hash_alg: 1, hash_basis: 2 },
    { action: "hash", recirc_id: 0, hash: { alg: 1, basis: 2 } },
    "exec hash alg 1 basis 2",
  ],
  ["a set", { ...action(3, "KEY"), key: 31 }, { action: "set", recirc_id: 0, key: "tunnel" }, "exec tunnel_set"],
  ["a masked set", { ...action(27, "KEY"), key: 7 }, { action: "set_masked", recirc_id: 0, key: "ipv4" }, "exec set_masked ipv4"],
  [
    "a masked set with its fields",
    { ...action(27, "KEY", "SET"), key: 7 },
    { action: "set_masked", recirc_id: 0, key: "ipv4", set: { fields: "tos=0x20/0xfc,ttl=63" } },
    "exec set_masked ipv4 tos=0x20/0xfc,ttl=63",
    { set: { key: 7, value: [0, 0x3f2000, 0, 0, 0], mask: [0, 0xfffc00, 0, 0, 0] } },
  ],
  [
    "a tunnel",
    { ...action(3, "KEY", "SET"), key: 31 },
    { action: "set", recirc_id: 0, key: "tunnel", set: { fields: "tun_id=0x2a,dst=10.0.47.2,ttl=64" } },
    "exec tunnel_set tun_id=0x2a,dst=10.0.47.2,ttl=64",
    { set: { key: 0xffff, value: [0x2a00_0000_0000_0000n, 0, 0, 0x022f_000a, 0], mask: [0x4000, 0, 0, 0, 0] } },
  ],
  [
    "a set of which the fields are not known",
    { ...action(27, "KEY", "SET"), key: 7 },
    { action: "set_masked", recirc_id: 0, key: "ipv4", set: {} },
    "exec set_masked ipv4",
    { set: { key: 7 } },
  ],
  [
    "a network service header",
    action(17, "NSH"),
    { action: "push_nsh", recirc_id: 0, nsh: { spi: 0x1234, si: 200, flags: 0, ttl: 63, np: 3, mdtype: 1, context: [1, 2, 3, 4] } },
    "exec push_nsh spi 0x1234 si 200 flags 0 ttl 63 np 3 mdtype 1 0x1 0x2 0x3 0x4",
    { nsh: { spi: 0x1234, si: 200, ttl: 63, np: 3, mdtype: 1, context: [1, 2, 3, 4] } },
  ],
  [
    "a network service header with metadata of another kind",
    action(17, "NSH"),
    { action: "push_nsh", recirc_id: 0, nsh: { spi: 1, si: 2, flags: 0, ttl: 0, np: 3, mdtype: 2 } },
    "exec push_nsh spi 0x1 si 2 flags 0 ttl 0 np 3 mdtype 2",
    { nsh: { spi: 1, si: 2, np: 3, mdtype: 2 } },
  ],
  [
    "a VLAN tag",
    { ...action(4, "VLAN", "ETHERTYPE"), vlan_vid: 5, vlan_pcp: 3, ethertype: 0x0081 },
    { action: "push_vlan", recirc_id: 0, vlan: { vid: 5, pcp: 3 }, ethertype: 0x8100 },
    "exec push_vlan vlan 5 p 3 ethertype 0x8100",
  ],
  [
    "an MPLS label",
    { ...action(9, "MPLS", "ETHERTYPE"), mpls_label: 100, mpls_tc: 1, mpls_bos: 1, mpls_ttl: 64, ethertype: 0x4788 },
    { action: "push_mpls", recirc_id: 0, mpls: { label: 100, tc: 1, bos: true, ttl: 64 }, ethertype: 0x8847 },
    "exec push_mpls label 100 tc 1 ttl 64 bos ethertype 0x8847",
  ],
  [
    "the end of MPLS",
    { ...action(10, "ETHERTYPE"), ethertype: 0x0008 },
    { action: "pop_mpls", recirc_id: 0, ethertype: 0x800 },
    "exec pop_mpls ethertype 0x0800",
  ],
  [
    "an Ethernet header",
    { ...action(14, "ETHERNET"), eth_src: [2, 0, 0, 0, 0, 1], eth_dst: [2, 0, 0, 0, 0, 2] },
    { action: "push_eth", recirc_id: 0, eth: { src: "02:00:00:00:00:01", dst: "02:00:00:00:00:02" } },
    "exec push_eth 02:00:00:00:00:01 > 02:00:00:00:00:02",
  ],
  ["an action that has no name", action(31), { action: "31", recirc_id: 0 }, "exec 31"],
  ["no action", action(0), { recirc_id: 0 }, "exec unspec"],
  [
    "connection tracking",
    { ...action(12, "CT"), ct_flags: 0b0011, zone_id: 7 },
    { action: "ct", flags: 3, zone_id: 7, recirc_id: 0 },
    "exec ct zone 7 commit,force",
  ],
  [
    "connection tracking with NAT to a range",
    { ...action(12, "CT", "NAT"), ct_flags: 485 | bit(10) | bit(11), zone_id: 20, recirc_id: 34 },
    {
      action: "ct",
      flags: 485 | bit(10) | bit(11),
      zone_id: 20,
      nat: { dir: "src", min_addr: "10.0.0.5", max_addr: "10.0.0.9", min_port: 80, max_port: 81 },
      recirc_id: 34,
    },
    "[recirc_id 0x22] exec ct zone 20 nat(src=10.0.0.5-10.0.0.9:80-81) commit,persistent,random",
    { nat: { min_addr: [10, 0, 0, 5], max_addr: [10, 0, 0, 9], min_port: 0x5000, max_port: 0x5100, flags: 485, ip_version: 4 } },
  ],
  [
    "connection tracking with NAT to an IPv6 address",
    { ...action(12, "CT", "NAT"), ct_flags: bit(3) | bit(4) | bit(6) | bit(7), zone_id: 0 },
    { action: "ct", flags: 216, zone_id: 0, nat: { dir: "dst", min_addr: "fd00::1", max_addr: "fd00::1" }, recirc_id: 0 },
    "exec ct zone 0 nat(dst=fd00::1)",
    {
      nat: {
        min_addr: [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        max_addr: [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        flags: 216,
        ip_version: 6,
      },
    },
  ],
  [
    "connection tracking that undoes NAT",
    { ...action(12, "CT", "NAT"), ct_flags: bit(2) | bit(4), zone_id: 1 },
    { action: "ct", flags: 20, zone_id: 1, nat: {}, recirc_id: 0 },
    "exec ct zone 1 nat",
    { nat: { flags: 20, ip_version: 4 } },
  ],
];

function withBigints(data: object): object {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, typeof value === "number" ? BigInt(value) : value]));
}

describe("ovs section", () => {
  test.each(cases.map((each) => [each[0], each] as const))("%s", (_what, [, members, data, text, details]) => {
    const hex = payload(members, details);
    const expected = "event_type" in data ? data : { event_type: "action_execute", ...data };
    expect(reader.read(hex)).toEqual(expected);
    // cbor-x gives integers of 64 bits as bigints.
    expect(withBigints(reader.readCbor(hex) as object)).toEqual(withBigints(expected));
    expect(sectionText(ovsSection, expected)).toBe(text);
  });

  test("is lost when it is cut", () => {
    expect(reader.read(payload(base(kind.upcall, "CPU", "CMD", "PORT")).slice(0, -16))).toBeUndefined();
  });

  test("shows what sort knows of a flow, rules indented on lines of their own", () => {
    const data = {
      event_type: "flow_lookup",
      flow: 0xff,
      sf_acts: 0xfe,
      ufid: [1, 2, 3, 4],
      n_mask_hit: 3,
      n_cache_hit: 1,
      dpflow: "recirc_id(0),in_port(2), packets:1, actions:3",
      ofpflows: ["cookie=0x0, table=0", "cookie=0x1, table=1"],
    };
    const lines = (multiLine: boolean) => ovsSection.format?.(data, { ...textContext(), multiLine }, {})[0]?.text;
    const found = "flow hit ufid 00000001-0000-0002-0000-000300000004 mask 3 cache 1 flow ff sf_acts fe";
    expect(lines(true)).toEqual([found, `odpflow ${data.dpflow}`, "openflow", "    cookie=0x0, table=0", "    cookie=0x1, table=1"]);
    expect(lines(false)).toEqual([found, `odpflow ${data.dpflow}`, "openflow", "cookie=0x0, table=0", "cookie=0x1, table=1"]);
  });

  test("takes the number of set_to_masked from the kernel", () => {
    expect(setToMasked(kernel)).toBe(27);
    expect(setToMasked({ enumValues: () => undefined } as unknown as KernelFacts)).toBe(0);
  });
});
