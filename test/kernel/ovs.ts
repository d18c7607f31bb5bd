/**
 * Collector ovs on the real kernel: a bridge of Open vSwitch between two namespaces. Starting it takes long in a guest, so all
 * kinds of packets are recorded together, distinguished by their ports, and each scenario looks at one kind.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import type { RecordedEvent } from "../support/event-file.ts";
import { ethernet, ethertype } from "../support/frames.ts";
import { sendSegmented } from "../support/namespace-sockets.ts";
import { actionsOf, executedIds, type OvsSection, ovsSeries, ovsStep, queuedIds } from "../support/ovs-series.ts";
import { forwardingFlows, hostAddresses, hostFrame, hostMacs, type OvsBridge, ovsBridge } from "../support/ovs.ts";
import { connect } from "../support/netns.ts";
import { type Requirement, unmet } from "../support/requirement.ts";
import { record, settle } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";
import { sendFrame, sendUdp } from "../support/traffic.ts";

const port = {
  forwarded: 7701,
  twice: 7702,
  flows: [7703, 7704, 7705],
  segmented: 7706,
  tagged: 7707,
  controller: 7708,
  connection: 7709,
  clone: 7710,
  drop: 7711,
  loop: 7712,
  changed: 7713,
  pushed: 7714,
  cut: 7715,
  metered: 7716,
  tunnelled: 7717,
  /** Actions that no OpenFlow rule of ours makes, put straight into the datapath. */
  raw: 7718,
  labelled: 7719,
  hashed: 7720,
  unlabelled: 7721,
  encapsulated: 7722,
  sampled: 7723,
} as const;

/** Addresses on both sides of the tunnel, and of its ends. */
const tunnel = { client: "10.0.48.1", server: "10.0.48.2", near: "10.0.47.1", far: "10.0.47.2" } as const;
const tunnelMac = "02:00:00:00:48:02";

/** OpenFlow rules by port; all else is forwarded. */
const rules: Readonly<Record<number, string>> = {
  [port.controller]: "controller,output:pb",
  [port.connection]: "ct(table=1,zone=7)",
  [port.clone]: "clone(ct(commit,zone=3),output:pb),output:pb",
  [port.drop]: "drop",
  [port.loop]: "resubmit(,2)",
  [port.changed]: "mod_nw_tos:32,dec_ttl,output:pb",
  [port.pushed]: "push_vlan:0x8100,set_field:4101->vlan_vid,set_field:3->vlan_pcp,output:pb",
  [port.cut]: "output(port=pb,max_len=60)",
  [port.metered]: "meter:1,output:pb",
  [port.labelled]: "push_mpls:0x8847,set_field:100->mpls_label,output:pb",
  [port.hashed]: "group:1",
  [port.encapsulated]: [
    "encap(nsh(md_type=1)),set_field:0x1234->nsh_spi,set_field:200->nsh_si,set_field:0x11223344->nsh_c1",
    `encap(ethernet),set_field:${hostMacs.client}->eth_src,set_field:${hostMacs.server}->eth_dst,output:pb`,
  ].join(),
};

/** Rules of their own, so that the flows of others do not cover them. */
const forwarded = [port.forwarded, port.twice, ...port.flows, port.segmented].map((each) => [each, "output:pb"] as const);

const flows = [
  ...[...forwarded, ...Object.entries(rules)].map(
    ([destination, actions]) => `priority=40000,in_port=pa,udp,tp_dst=${destination},actions=${actions}`,
  ),
  "table=1,ct_state=+trk,udp,actions=ct(commit,zone=7,nat(src=10.0.45.77-10.0.45.79:6000-6010)),output:pb",
  "table=2,actions=resubmit(,2)",
  `priority=50000,in_port=pa,ip,nw_dst=${tunnel.server},actions=output:vx`,
  "in_port=vx,actions=output:pa",
  "priority=50000,in_port=pa,mpls,actions=pop_mpls:0x0800,output:pb",
  ...forwardingFlows,
];

/** Sends packets that reach the daemon together: it is held up meanwhile. */
async function inOneBatch({ ovs }: OvsBridge, trial: Trial, send: () => Promise<void>): Promise<void> {
  ovs.signal("SIGSTOP");
  await send();
  await settle(trial);
  ovs.signal("SIGCONT");
  await settle(trial);
}

/** Sends a packet and lets its upcall end. */
async function sendAndSettle({ client }: OvsBridge, trial: Trial, destination: number, size?: number): Promise<void> {
  await sendUdp(client, hostAddresses.server, destination, size);
  await settle(trial);
}

/** A first packet, which goes to user space, and one that finds the flow. */
async function sendTwice(bridge: OvsBridge, trial: Trial, destination: number): Promise<void> {
  await bridge.ovs.untilInstalled(() => sendAndSettle(bridge, trial, destination));
  await sendAndSettle(bridge, trial, destination);
}

async function addTaggedDevice({ client }: OvsBridge): Promise<void> {
  await client.ip(
    "link add link e0 name e0.5 type vlan id 5",
    "addr add 10.0.46.1/24 dev e0.5",
    "link set e0.5 up",
    `neigh replace 10.0.46.2 lladdr ${hostMacs.server} dev e0.5 nud permanent`,
  );
}

/** A second way to the server, through a VXLAN tunnel of the bridge. */
async function addTunnel({ client, server, bridge, ovs }: OvsBridge): Promise<void> {
  await connect(
    { namespace: bridge, device: "u0", mac: "02:00:00:00:47:01", addresses: [`${tunnel.near}/24`] },
    { namespace: server, device: "u1", mac: "02:00:00:00:47:02", addresses: [`${tunnel.far}/24`] },
  );
  await server.ip(
    `link add vx0 address ${tunnelMac} type vxlan id 42 remote ${tunnel.near} local ${tunnel.far} dstport 4789 dev u1`,
    `addr add ${tunnel.server}/24 dev vx0`,
    "link set vx0 up",
    `neigh replace ${tunnel.client} lladdr ${hostMacs.client} dev vx0 nud permanent`,
  );
  await client.ip(`addr add ${tunnel.client}/24 dev e0`, `neigh replace ${tunnel.server} lladdr ${tunnelMac} dev e0 nud permanent`);
  const options = [`options:remote_ip=${tunnel.far}`, "options:key=42"];
  await ovs.vsctl("add-port", "br0", "vx", "--", "set", "interface", "vx", "type=vxlan", ...options);
}

/** Executes actions in the datapath that ovs-vswitchd would not choose for our flows; it must not correct them meanwhile. */
async function sendRaw({ client, ovs }: OvsBridge, trial: Trial): Promise<void> {
  const ports = await ovs.appctl("dpctl/show");
  const numberOf = (name: string) => new RegExp(`port (\\d+): ${name}$`, "m").exec(ports)?.[1];
  const actions: Readonly<Record<number, readonly string[]>> = {
    [port.raw]: [
      "push_vlan(vid=7,pcp=2)",
      "pop_vlan",
      "ct_clear",
      "sample(sample=100.0%,actions(ct_clear))",
      "check_pkt_len(size=200,gt(ct_clear),le(ct_clear))",
      "add_mpls(label=200,tc=1,ttl=64,bos=1,eth_type=0x8847)",
    ],
    ...((await unmet("ovs-psample")) === undefined ? { [port.sampled]: ["psample(group=10,cookie=0x1234)"] } : {}),
  };
  await ovs.appctl("revalidator/pause");
  for (const [destination, list] of Object.entries(actions)) {
    const match = `in_port(${numberOf("pa")}),eth(),eth_type(0x0800),ipv4(proto=17,frag=no),udp(dst=${destination})`;
    await ovs.appctl("dpctl/add-flow", match, [...list, numberOf("pb")].join(","));
    await sendUdp(client, hostAddresses.server, Number(destination));
  }
  await settle(trial);
  await ovs.appctl("revalidator/resume");
}

/** A packet with a label in front of it. */
function labelledFrame(destinationPort: number): Buffer {
  // Label 100, bottom of the stack, TTL 64 (RFC 3032).
  const label = Buffer.from([0x00, 0x06, 0x41, 0x40]);
  return ethernet(hostMacs.server, hostMacs.client, 0x8847, Buffer.concat([label, hostFrame(destinationPort).subarray(14)]));
}

async function sendEverything(bridge: OvsBridge, trial: Trial): Promise<void> {
  const { client, ovs } = bridge;
  await sendTwice(bridge, trial, port.forwarded);
  await inOneBatch(bridge, trial, () => sendFrame(client, "e0", hostFrame(port.twice), 2));
  await inOneBatch(bridge, trial, async () => {
    for (const each of port.flows) await sendFrame(client, "e0", hostFrame(each));
  });
  sendSegmented(client, hostAddresses.server, port.segmented, Buffer.alloc(3000, "s"), 1000);
  await settle(trial);
  await sendUdp(client, "10.0.46.2", port.tagged);
  await settle(trial);
  for (const each of [
    port.controller,
    port.connection,
    port.clone,
    port.drop,
    port.loop,
    port.changed,
    port.pushed,
    port.metered,
    port.labelled,
    port.encapsulated,
  ]) {
    await sendTwice(bridge, trial, each);
  }
  // The same source port, or the hash is another one.
  const sendHashed = async () => {
    await sendFrame(client, "e0", hostFrame(port.hashed));
    await settle(trial);
  };
  await ovs.untilInstalled(sendHashed);
  await sendHashed();
  await sendAndSettle(bridge, trial, port.cut, 400);
  const throughTunnel = async () => {
    await sendUdp(client, tunnel.server, port.tunnelled);
    await settle(trial);
  };
  await bridge.ovs.untilInstalled(throughTunnel, 2);
  await sendUdp(bridge.server, tunnel.client, port.tunnelled);
  await settle(trial);
  await sendFrame(client, "e0", labelledFrame(port.unlabelled));
  await settle(trial);
  await sendRaw(bridge, trial);
}

const collectors = ["-c", "skb,skb-tracking,skb-drop,ovs", "--ovs-track"];
/** Nothing but the collectors' own probes is of use here. */
const ownProbes = ["-p", "tp:skb:kfree_skb"];

async function recordEverything(trial: Trial): Promise<readonly RecordedEvent[]> {
  const bridge = await ovsBridge(trial);
  await addTaggedDevice(bridge);
  await addTunnel(bridge);
  await bridge.ovs.ofctl("-O", "OpenFlow13", "add-meter", "br0", "meter=1,kbps,band=type=drop,rate=100000");
  await bridge.ovs.ofctl("-O", "OpenFlow13", "add-group", "br0", "group_id=1,type=select,bucket=output:pb,bucket=output:pb");
  await bridge.ovs.setFlows("br0", flows);
  const { events, stderr } = await record(trial, [...collectors, ...ownProbes, "-f", "udp portrange 7701-7730 or mpls"], () =>
    sendEverything(bridge, trial),
  );
  ok(!/lost/.test(stderr), stderr);
  return events;
}

let everything: Promise<readonly RecordedEvent[]> | undefined;

/** The datapath's events of the packets to a port, packet by packet. */
async function seriesTo(trial: Trial, destination: number): Promise<readonly (readonly RecordedEvent[])[]> {
  everything ??= recordEverything(trial);
  return ovsSeries(await everything, destination);
}

const options = { requires: ["root", "ovs", "kprobes"], timeoutMs: 120_000 };
const upcall = ["lookup miss", "upcall 1", "enqueue 0", "return 0"];

function series(how: string, destination: number, expected: readonly (readonly string[])[], { check, requires = [] }: SeriesOptions = {}) {
  return scenario(`ovs: ${how}`, { ...options, requires: [...options.requires, ...requires] }, async (trial) => {
    const found = await seriesTo(trial, destination);
    deepEqual(
      found.map((each) => each.map(ovsStep)),
      expected,
    );
    for (const each of found) {
      const queued = queuedIds(each);
      deepEqual(
        executedIds(each).filter((id) => !queued.includes(id)),
        [],
        "an action is executed for a packet that was not queued",
      );
    }
    check?.(found);
  });
}

interface SeriesOptions {
  readonly check?: (found: readonly (readonly RecordedEvent[])[]) => void;
  readonly requires?: readonly Requirement[];
}

const first = [...upcall, "output"];

/** A packet that misses and one that hits, with an action before the output. */
function changing(action: string): readonly (readonly string[])[] {
  return [
    [...upcall, action, "output"],
    ["lookup hit", action, "output"],
  ];
}

/** Checks what an action of the last packet has. */
function checkLast(action: string, expected: Readonly<Record<string, unknown>>): SeriesOptions {
  const check: SeriesOptions["check"] = (found) => {
    const executed = actionsOf(found.at(-1) ?? []).find((each) => each["action"] === action);
    const attributes = Object.keys(expected).map((key) => [key, executed?.[key]]);
    deepEqual(Object.fromEntries(attributes), expected);
  };
  return { check };
}

function checkRaw(actions: readonly OvsSection[]): void {
  const attributesOf = (name: string) => {
    const { event_type, action, recirc_id, ...attributes } = actions.find((each) => each["action"] === name) ?? { event_type: "none" };
    return attributes;
  };
  deepEqual(attributesOf("add_mpls"), { mpls: { label: 200, tc: 1, bos: true, ttl: 64 }, ethertype: 0x8847 });
  deepEqual(attributesOf("push_vlan"), { vlan: { vid: 7, pcp: 2 }, ethertype: ethertype.vlan });
  deepEqual(attributesOf("sample"), { probability: 0xffff_ffff });
  deepEqual(attributesOf("check_pkt_len"), { pkt_len: 200 });
}

const loop = scenario(
  "ovs: a drop because the flows go round in circles",
  { ...options, requires: [...options.requires, "ovs-usdt", "ovs-drop-reasons"] },
  async (trial) => {
    const [missed = [], hit = [], ...others] = await seriesTo(trial, port.loop);
    const dropped = ["drop", "kfree_skb OVS_DROP_EXPLICIT_WITH_ERROR"];
    deepEqual(hit.map(ovsStep), ["lookup hit", ...dropped]);
    equal(actionsOf(hit)[0]?.["reason"], 2);
    // User space may give the packet back twice: once as far as it came, once with the flow it installed.
    const steps = missed.map(ovsStep);
    deepEqual([...steps.slice(0, upcall.length), ...steps.slice(-2)], [...upcall, ...dropped]);
    ok(steps.length === 6 || steps.length === 8, steps.join(", "));
    deepEqual(others, []);
  },
);

const rawActions = scenario("ovs: actions of further kinds, with what they have", options, async (trial) => {
  const [found = [], ...others] = await seriesTo(trial, port.raw);
  // Copies that sample and check_pkt_len made end in a drop where the datapath has reasons.
  const steps = found.map(ovsStep).filter((step) => !step.startsWith("kfree_skb"));
  const copies = ["sample", "ct_clear", "check_pkt_len", "ct_clear"];
  deepEqual([steps, others], [["lookup hit", "push_vlan", "pop_vlan", "ct_clear", ...copies, "add_mpls", "output"], []]);
  checkRaw(actionsOf(found));
});

const perPacket = [
  series("the first packet of a flow goes to user space and back, the next one finds the flow", port.forwarded, [
    first,
    ["lookup hit", "output"],
  ]),
  series("two equal packets of one flow in one batch keep their identities", port.twice, [first, first]),
  ...port.flows.map((each) => series(`one of three flows in one batch (${each})`, each, [first])),
  series("a large packet is queued in segments, which all are that packet", port.segmented, [
    ["lookup miss", "upcall 1", "enqueue 0", "enqueue 0", "enqueue 0", "return 0", "output", "output", "output"],
  ]),
  series("a packet with its VLAN tag and checksum left to the device is known again", port.tagged, [first]),
  series("an action for a controller hands the packet up once more, and it goes on", port.controller, [
    [...upcall, "userspace", "upcall 2", "enqueue 0", "return 0", "output"],
    ["lookup hit", "userspace", "upcall 2", "enqueue 0", "return 0", "output"],
  ]),
  series(
    "connection tracking, recirculation and NAT are one series, also through two upcalls",
    port.connection,
    [
      [...upcall, "ct", "recirc", ...upcall, "ct", "output"],
      ["lookup hit", "ct", "recirc", "lookup hit", "recirculated ct", "recirculated output"],
    ],
    {
      check: ([, hit]) => {
        const [tracked, recirc, committed] = actionsOf(hit ?? []);
        deepEqual([tracked?.["zone_id"], tracked?.["flags"], tracked?.["nat"]], [7, 4, undefined]);
        equal(recirc?.["id"], committed?.["recirc_id"]);
        deepEqual([committed?.["zone_id"], committed?.["flags"]], [7, 0b1_1011_0101]);
        deepEqual(committed?.["nat"], { dir: "src", min_addr: "10.0.45.77", max_addr: "10.0.45.79", min_port: 6000, max_port: 6010 });
      },
    },
  ),
  series("a clone with actions of its own, and the packet that goes on", port.clone, [
    [...upcall, "clone", "ct", "output", "output"],
    ["lookup hit", "clone", "ct", "output", "output"],
  ]),
  series(
    "a drop that the flow wants",
    port.drop,
    [
      [...upcall, "drop", "kfree_skb OVS_DROP_EXPLICIT"],
      ["lookup hit", "drop", "kfree_skb OVS_DROP_EXPLICIT"],
    ],
    { requires: ["ovs-usdt", "ovs-drop-reasons"] },
  ),
  series("a drop where flows can only have no action", port.drop, [upcall, ["lookup hit"]], { requires: ["no-ovs-drop-reasons"] }),
  loop,
  series(
    "attributes of a masked set",
    port.changed,
    changing("set_masked"),
    checkLast("set_masked", { key: "ipv4", set: { fields: "tos=0x20/0xfc,ttl=63" } }),
  ),
  series(
    "attributes of a hash, by which the next round chooses",
    port.hashed,
    [
      [...upcall, "hash", "recirc", ...upcall, "output"],
      ["lookup hit", "hash", "recirc", "lookup hit", "recirculated output"],
    ],
    {
      // The algorithm is the daemon's choice: that of the kernel's hash, or one that is the same in both directions.
      check: ([, hit = []]) => {
        const { alg, basis } = (actionsOf(hit)[0]?.["hash"] ?? {}) as { readonly alg?: number; readonly basis?: number };
        deepEqual([alg === 0 || alg === 1, basis], [true, 0]);
      },
    },
  ),
  series(
    "attributes of the removal of an MPLS label",
    port.unlabelled,
    [[...upcall, "pop_mpls", "output"]],
    checkLast("pop_mpls", { ethertype: ethertype.ipv4 }),
  ),
  series(
    "attributes of a network service header, and of an Ethernet header in front of it",
    port.encapsulated,
    [
      [...upcall, "push_nsh", "push_eth", "output"],
      ["lookup hit", "push_nsh", "push_eth", "output"],
    ],
    {
      check: ([, found = []]) => {
        const [header, outer] = actionsOf(found);
        deepEqual(header?.["nsh"], { spi: 0x1234, si: 200, flags: 0, ttl: 63, np: 3, mdtype: 1, context: [0x1122_3344, 0, 0, 0] });
        deepEqual(outer?.["eth"], { src: hostMacs.client, dst: hostMacs.server });
      },
    },
  ),
  series("attributes of a sample for the host", port.sampled, [["lookup hit", "psample", "output"]], {
    ...checkLast("psample", { group: 10 }),
    requires: ["ovs-usdt", "ovs-psample"],
  }),
  series(
    "attributes of a VLAN tag",
    port.pushed,
    changing("push_vlan"),
    checkLast("push_vlan", { vlan: { vid: 5, pcp: 3 }, ethertype: ethertype.vlan }),
  ),
  series("attributes of an MPLS label", port.labelled, changing("push_mpls"), checkLast("push_mpls", { ethertype: 0x8847 })),
  series("a meter", port.metered, changing("meter"), checkLast("meter", { meter_id: 0 })),
  // What answers the first packet has made the flow of the way back.
  series(
    "a tunnel, into it and out of it",
    port.tunnelled,
    [
      [...upcall, "set", "output"],
      ["lookup hit", "output"],
    ],
    {
      requires: ["vxlan"],
      check: ([out]) => {
        const [set] = actionsOf(out ?? []);
        equal(set?.["key"], "tunnel");
        deepEqual(set?.["set"], { fields: "tun_id=0x2a,dst=10.0.47.2,ttl=64" });
      },
    },
  ),
  rawActions,
  series("a cut packet", port.cut, [[...upcall, "trunc", "output"]], checkLast("trunc", { max_len: 60 })),
];

export const scenarios = perPacket;
