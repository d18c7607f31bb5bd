/** Meta filters (-m) on real packets: what the event itself shows must agree with the filter. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { RecordedEvent } from "../support/event-file.ts";
import { deviceIndex } from "../support/namespace-sockets.ts";
import type { Namespace } from "../support/netns.ts";
import { record, recordSideBySide, retis } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";
import { macs, twoNamespaces, type Topology } from "../support/topology.ts";
import { listenTcp, resolveNeighbours, sendTcp, sendUdp } from "../support/traffic.ts";

const collect = ["-c", "skb,dev,ns", "--skb-sections", "all"];
const both = [...collect, "-p", "tp:net:net_dev_start_xmit", "-p", "tp:net:netif_receive_skb"];
/** One place each: a packet that passed there would be followed, and shown wherever it is seen next. */
const transmit = [...collect, "-p", "tp:net:net_dev_start_xmit"];
const receive = [...collect, "-p", "tp:net:netif_receive_skb"];
const server4 = "10.0.42.2";
const server6 = "1111::2";
const markedPort = 7851;
const mark = 77;

/** What events say of themselves, as far as filters are held to it. */
interface Shown {
  readonly device: string | undefined;
  readonly ifindex: number | undefined;
  readonly received: number | undefined;
  readonly namespace: number | undefined;
  readonly length: number;
  readonly checksum: number;
  readonly port: number | undefined;
  readonly version: number | undefined;
  readonly protocol: number | undefined;
  readonly destination: string | undefined;
}

interface Case {
  readonly filter: string;
  readonly args: readonly string[];
  readonly fits: (shown: Shown) => boolean;
}

function shown({ dev, netns, skb, parsed_packet: packet }: RecordedEvent): Shown {
  const device = dev as { name: string; ifindex: number; rx_ifindex?: number } | undefined;
  const meta = (skb as { meta?: { len: number; ip_summed: number } } | undefined)?.meta;
  return {
    device: device?.name,
    ifindex: device?.ifindex,
    received: device?.rx_ifindex,
    namespace: (netns as { inum: number } | undefined)?.inum,
    length: meta?.len ?? 0,
    checksum: meta?.ip_summed ?? 0,
    port: packet?.ports?.destination,
    version: packet?.ip?.version,
    protocol: packet?.ip?.protocol,
    destination: packet?.ip?.destination,
  };
}

/** Sends with SO_MARK (asm-generic/socket.h: SOL_SOCKET 1, SO_MARK 36). */
async function sendMarked(from: Namespace): Promise<void> {
  await from.run(["socat", "-u", "STDIN", `UDP4-SENDTO:${server4}:${markedPort},setsockopt-int=1:36:${mark}`], { input: "marked" });
}

async function traffic({ client }: Topology): Promise<void> {
  await sendUdp(client, server4, 7852, 600);
  await sendUdp(client, server4, 7852);
  await sendUdp(client, server6, 7853);
  await sendMarked(client);
  await sendTcp(client, server4, 7854, 10);
}

function casesOf({ server }: Topology): readonly Case[] {
  const [inode, veth10] = [server.inode(), deviceIndex(server, "veth10")];
  return [
    { filter: `sk_buff.dev.name == "veth01"`, args: transmit, fits: ({ device }) => device === "veth01" },
    {
      filter: `sk_buff.dev.name != "veth01" and sk_buff.dev.name != "lo"`,
      args: receive,
      fits: ({ device }) => device !== "veth01" && device !== "lo",
    },
    { filter: `not (sk_buff.dev.name != "veth10")`, args: receive, fits: ({ device }) => device === "veth10" },
    { filter: `sk_buff.dev.dev_addr == ${macs.veth01}`, args: transmit, fits: ({ device }) => device === "veth01" },
    { filter: `sk_buff.mark == ${mark}`, args: both, fits: ({ port }) => port === markedPort },
    {
      filter: `sk_buff.mark:0x4d == ${mark} or sk_buff.len > 600`,
      args: transmit,
      fits: ({ port, length }) => port === markedPort || length > 600,
    },
    { filter: "sk_buff.len <= 100 and sk_buff.len >= 60", args: transmit, fits: ({ length }) => length >= 60 && length <= 100 },
    { filter: "sk_buff.protocol == 0xdd86", args: both, fits: ({ version }) => version === 6 },
    { filter: `net.ns.inum == ${inode}`, args: receive, fits: ({ namespace }) => namespace === inode },
    {
      filter: `net_device.ifindex == ${veth10} and sk_buff.dev.nd_net.net.ns.inum == ${inode}`,
      args: receive,
      fits: ({ device, ifindex }) => device === "veth10" && ifindex === veth10,
    },
    { filter: "sk_buff.ip_summed == 3", args: transmit, fits: ({ checksum }) => checksum === 3 },
    { filter: "sk_buff.sk.__sk_common.skc_family == 10", args: transmit, fits: ({ version }) => version === 6 },
    {
      filter: `sock.__sk_common.skc_daddr == ${server4} and sock.sk_protocol == 6`,
      args: transmit,
      fits: ({ protocol, destination }) => protocol === 6 && destination === server4,
    },
    {
      filter: "sk_buff.sk.__sk_common.skc_state == TCP_ESTABLISHED and sk_buff.sk.sk_protocol == 6",
      args: transmit,
      fits: ({ protocol }) => protocol === 6,
    },
  ];
}

/** Fails unless there are events, and all of them fit. */
function allFit(events: readonly RecordedEvent[], { filter, fits }: Pick<Case, "filter" | "fits">): void {
  ok(events.length > 0, `no event with the filter ${filter}`);
  deepEqual(
    events.map(shown).filter((event) => !fits(event)),
    [],
    `events that do not fit ${filter}`,
  );
}

/** Records the same traffic once for each filter, all at the same time. */
async function recordEach(trial: Trial, group: readonly Case[], run: () => Promise<void>): Promise<void> {
  const recordings = await recordSideBySide(
    trial,
    group.map((each) => [...each.args, "-m", each.filter]),
    run,
  );
  for (const [index, { events }] of recordings.entries()) allFit(events, group[index]!);
}

const packets = scenario(
  "meta filters let through what the events themselves show, and no more",
  { requires: ["root"], timeoutMs: 90_000 },
  async (trial) => {
    const topology = await trial.topology(twoNamespaces());
    await resolveNeighbours(topology.client, server4, server6);
    await listenTcp(trial, topology.server, 7854);
    // An emulated guest starts a collector in seconds, so it tries one case of each kind.
    const cases = casesOf(topology).filter((_, index) => trial.slowdown === 1 || index % 4 === 0);
    for (let at = 0; at < cases.length; at += 4) await recordEach(trial, cases.slice(at, at + 4), () => traffic(topology));
  },
);

const everything = scenario(
  "a meta filter and its negation share the packets out",
  { where: "oldest and newest", requires: ["root"] },
  async (trial) => {
    const topology = await trial.topology(twoNamespaces());
    await resolveNeighbours(topology.client, server4);
    const filter = `net.ns.inum == ${topology.client.inode()} and sk_buff.dev.name == "veth01"`;
    const run = () => sendUdp(topology.client, server4, 7855, 500);
    const counted = async (expression: string) =>
      (await record(trial, [...transmit, "-m", expression], run)).events.filter((event) => shown(event).port === 7855).length;
    const counts = [
      await counted(`(${filter}) and sk_buff.len > 400`),
      await counted(`(${filter}) and not sk_buff.len > 400`),
      await counted(filter),
    ];
    deepEqual(counts, [1, 0, 1]);
  },
);

const combined = scenario("packet filter and meta filter must both pass", { requires: ["root"], where: "once" }, async (trial) => {
  const topology = await trial.topology(twoNamespaces());
  await resolveNeighbours(topology.client, server4);
  const { events } = await record(trial, [...both, "-f", "udp dst port 7852", "-m", `sk_buff.dev.name == "veth10"`], async () => {
    await sendUdp(topology.client, server4, 7852);
    await sendUdp(topology.client, server4, 7853);
  });
  allFit(events, { filter: "both", fits: ({ port, device }) => port === 7852 && device === "veth10" });
});

const drops = scenario(
  "a meta filter chooses among drops",
  { where: "oldest and newest", requires: ["root", "tracepoint:skb:kfree_skb"] },
  async (trial) => {
    const { client, server } = await trial.topology(twoNamespaces());
    const veth10 = deviceIndex(server, "veth10");
    const filter = `sk_buff.skb_iif == ${veth10} && net.ns.inum == ${server.inode()} && sk_buff.len > 300`;
    const { events } = await record(trial, ["-c", "skb,skb-drop,dev,ns", "--skb-sections", "all", "-m", filter], async () => {
      await sendUdp(client, server4, 7856, 400);
      await sendUdp(client, server4, 7856, 20);
    });
    allFit(events, { filter, fits: ({ received, length, port }) => received === veth10 && length > 300 && port === 7856 });
  },
);

const argument = scenario(
  "a root is taken from the probe's argument where the packet does not lead to it",
  { where: "oldest and newest", requires: ["root", "tracepoint:tcp:tcp_probe"] },
  async (trial) => {
    const { client, server } = await trial.topology(twoNamespaces());
    await listenTcp(trial, server, 7857);
    const received = (expression: string) =>
      record(trial, [...collect, "-p", "tp:tcp:tcp_probe", "-m", expression], () => sendTcp(client, server4, 7857, 10));
    const own = "sock.__sk_common.skc_num == 7857";
    allFit((await received(`${own} and not sk_buff.sk`)).events, { filter: own, fits: ({ port }) => port === 7857 });
    const others = (await received(`not ${own}`)).events;
    deepEqual(
      others.filter((event) => shown(event).port === 7857),
      [],
      "a segment passed the opposite filter too",
    );
  },
);

const headerless = scenario(
  "with a meta filter, messages without headers are its to judge",
  { where: "oldest and newest", requires: ["root", "tracepoint:skb:consume_skb"] },
  async (trial) => {
    const { client } = await trial.topology(twoNamespaces());
    const netlink = ["-c", "skb,ns", "--skb-sections", "all", "-p", "tp:skb:consume_skb", "-m", "sk_buff.sk.__sk_common.skc_family == 16"];
    const run = async () => void (await client.run(["ip", "link", "show"]));
    const { events } = await record(trial, netlink, run);
    ok(
      events.some(({ packet }) => packet === undefined),
      "no message without headers was seen",
    );
    // Replies to dumps bear header offsets (netlink_dump() sets them), requests do not.
    const withHeaders = await record(trial, [...netlink, "-f", "ip or not ip"], run);
    ok(withHeaders.events.length < events.length, "a packet filter let messages without headers through");
  },
);

const conntrack = scenario(
  "a tagged pointer leads to the connection, and so does the name that collector ct gives it",
  { where: "oldest and newest", requires: ["root", "conntrack"] },
  async (trial) => {
    const { client } = await trial.topology(twoNamespaces());
    await resolveNeighbours(client, server4);
    await client.run(["nft", "-f", "-"], {
      input: "table ip m { chain o { type filter hook output priority 0; udp dport 7858 ct mark set 9; }; }",
    });
    const run = async () => {
      await sendUdp(client, server4, 7858);
      await sendUdp(client, server4, 7859);
    };
    const filters = [
      ["-m", "sk_buff._nfct:~0x7:nf_conn.mark == 9"],
      ["-c", "ct", "-m", "nf_conn.mark == 9"],
    ];
    const recordings = await recordSideBySide(
      trial,
      filters.map((filter) => [...transmit, ...filter]),
      run,
    );
    for (const { events } of recordings) allFit(events, { filter: "ct mark", fits: ({ port }) => port === 7858 });
  },
);

const wrong = scenario(
  "a wrong meta filter is reported with a line that points, and what there is instead",
  { requires: ["root"], where: "once" },
  async () => {
    const { status, stderr, stdout } = await retis(["collect", "-c", "skb", "-m", "sk_buff.dev.nam == 'eth0'"]);
    equal(status, 1);
    equal(stdout, "");
    match(
      stderr,
      /^error: Invalid meta filter: struct net_device has no member "nam" \[META_FILTER\]\n {2}sk_buff\.dev\.nam == 'eth0'\n {14}\^\^\^\nhint: Did you mean name\? Struct net_device has name, /m,
    );
  },
);

export const scenarios = [packets, everything, combined, drops, argument, headerless, conntrack, wrong];
