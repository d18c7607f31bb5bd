/** Packet filters (-f): on real flows, and in the kernel against libpcap. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { compareWithLibpcap } from "../support/filter-equivalence.ts";
import type { RecordedEvent } from "../support/event-file.ts";
import type { PacketFields } from "../support/packet-fields.ts";
import { record, recordSideBySide, retis } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";
import { twoNamespaces, twoNamespacesVlan, type Topology } from "../support/topology.ts";
import { listenTcp, openTun, resolveNeighbours, sendTcp, sendUdp, tryTcp } from "../support/traffic.ts";

const packets = ["-c", "skb,dev", "-p", "tp:net:net_dev_start_xmit", "-p", "tp:net:netif_receive_skb"];
const server4 = "10.0.42.2";
const server6 = "1111::2";
const udpHeaders = 14 + 20 + 8;
const SYN = 2;

/** A filter and, apart from it, what the packets that it lets through are like. */
interface Case {
  readonly filter: string;
  readonly fits: (packet: PacketFields, event: RecordedEvent) => boolean;
}

const toPort = ({ ports }: PacketFields, ...wanted: readonly number[]) =>
  ports !== undefined && wanted.some((port) => [ports.source, ports.destination].includes(port));
const between = ({ ip }: PacketFields, address: string) => ip !== undefined && [ip.source, ip.destination].includes(address);

const cases: readonly Case[] = [
  // The payload is beyond the block of headers that is copied for the filter.
  {
    filter: `len = ${udpHeaders + 600} and udp[8 + 400:4] = 0x78787878`,
    fits: (packet, { packet: bytes }) => toPort(packet, 7801) && bytes?.len === udpHeaders + 600,
  },
  { filter: "ip6 and udp port 7802", fits: (packet) => packet.ip?.version === 6 && packet.ip.protocol === 17 && toPort(packet, 7802) },
  {
    filter: "tcp port 7803 and tcp[tcpflags] & tcp-syn != 0",
    fits: (packet) => toPort(packet, 7803) && ((packet.tcpFlags ?? 0) & SYN) !== 0,
  },
  { filter: "udp port 7801", fits: (packet) => packet.ip?.protocol === 17 && toPort(packet, 7801) },
  { filter: "host 10.0.42.2 and tcp", fits: (packet) => packet.ip?.protocol === 6 && between(packet, server4) },
  {
    filter: "src net 10.0.42.0/31 and udp portrange 7800-7802",
    fits: (packet) => packet.ip?.source === "10.0.42.1" && toPort(packet, 7801, 7802),
  },
  { filter: "ip6 host 1111::2 and tcp dst port 7803", fits: (packet) => between(packet, server6) && packet.ports?.destination === 7803 },
];
/** Filters recorded at the same time; each takes a collector. */
const groupSize = 4;
/** Filters that a slow guest tries: the others differ in what libpcap compiles, not in what the kernel gives. */
const guestCases = 2;

async function traffic({ client }: Topology): Promise<void> {
  await sendUdp(client, server4, 7801, 600);
  await sendUdp(client, server4, 7801);
  await sendUdp(client, server6, 7802);
  await sendTcp(client, server4, 7803, 10);
  await tryTcp(client, server6, 7803);
}

/** Fails unless there are events, and all of them fit. */
function allFit(events: readonly RecordedEvent[], { filter, fits }: Case): void {
  ok(events.length > 0, `no event with the filter ${filter}`);
  const wrong = events.filter((event) => event.parsed_packet === undefined || !fits(event.parsed_packet, event));
  deepEqual(
    wrong.map(({ parsed_packet }) => parsed_packet),
    [],
    `events that do not fit ${filter}`,
  );
}

/** Records the same traffic once for each filter, all at the same time. */
async function recordEach(trial: Trial, group: readonly Case[], run: () => Promise<void>): Promise<void> {
  const recordings = await recordSideBySide(
    trial,
    group.map((each) => [...packets, "-f", each.filter]),
    run,
  );
  for (const [index, { events }] of recordings.entries()) allFit(events, group[index]!);
}

const flows = scenario(
  "host, net, port, flags, length and payload filters let through what they name, and no more",
  { requires: ["root"], timeoutMs: 60_000 },
  async (trial) => {
    const topology = await trial.topology(twoNamespaces());
    await resolveNeighbours(topology.client, server4, server6);
    await listenTcp(trial, topology.server, 7803);
    const chosen = trial.slowdown > 1 ? cases.slice(0, guestCases) : cases;
    for (let at = 0; at < chosen.length; at += groupSize)
      await recordEach(trial, chosen.slice(at, at + groupSize), () => traffic(topology));
  },
);

const withoutLinkLayer = scenario(
  "packets without a link-layer header are filtered too",
  { where: "oldest and newest", requires: ["root", "tun"] },
  async (trial) => {
    const { client } = await trial.topology(twoNamespaces());
    await openTun(trial, client, "tun0", "10.0.50.1/24");
    const probe = ["-c", "skb", "-p", "tp:net:net_dev_start_xmit"];
    const run = async () => {
      await sendUdp(client, "10.0.50.2", 7811);
      await sendUdp(client, "10.0.50.2", 7812);
    };
    const { events } = await record(trial, [...probe, "-f", "udp port 7811"], run);
    allFit(events, { filter: "udp port 7811", fits: (packet) => toPort(packet, 7811) });
    const linkLayer = await record(trial, [...probe, "-f", "ether[12:2] = 0x0800 and udp port 7811"], run);
    equal(linkLayer.events.length, 0, "an expression about the link layer lets packets without one through");
    match(linkLayer.stderr, /^L2 packet filters? loaded$/m);
  },
);

const vlan = scenario(
  "VLAN filters match tags beside the packet and tags in the frame",
  { where: "oldest and newest", requires: ["root", "vlan"], timeoutMs: 40_000 },
  async (trial) => {
    const { client } = await trial.topology(twoNamespacesVlan());
    await resolveNeighbours(client, "10.0.43.2");
    const run = () => sendUdp(client, "10.0.43.2", 7821);
    const devices = (events: readonly RecordedEvent[]) => new Set(events.map(({ dev }) => (dev as { name: string } | undefined)?.name));
    const transmit = ["-c", "skb,dev", "-p", "tp:net:net_dev_start_xmit"];

    const tagged = await record(trial, [...transmit, "-f", "vlan 123 and (udp port 7821 or icmp)"], run);
    // The request leaves veth01 with the tag beside it; the answer (port unreachable) leaves veth10 with the tag in it.
    ok(devices(tagged.events).has("veth01"), "the tag beside the packet was not seen");
    ok(devices(tagged.events).has("veth10"), "the tag in the frame was not seen");
    ok(!devices(tagged.events).has("veth01.123"), "an untagged packet passed");

    const otherTag = await record(trial, [...transmit, "-f", "vlan 124 and (udp port 7821 or icmp)"], run);
    equal(otherTag.events.length, 0, "a packet with another tag passed");
    const untagged = await record(trial, [...transmit, "-f", "udp port 7821"], run);
    ok(devices(untagged.events).has("veth01"), "without a word about VLANs, the tag beside the packet must not matter");
  },
);

const drops = scenario(
  "drops of packets that do not match are not reported",
  { where: "oldest and newest", requires: ["root", "tracepoint:skb:kfree_skb"] },
  async (trial) => {
    const { client } = await trial.topology(twoNamespaces());
    const filter = "udp dst port 7831";
    const { events } = await record(trial, ["-c", "skb,skb-drop", "-f", filter], async () => {
      await sendUdp(client, server4, 7831);
      await sendUdp(client, server4, 7832);
    });
    allFit(events, { filter, fits: (packet) => packet.ports?.destination === 7831 });
    const none = await record(trial, ["-c", "skb,skb-drop", "-f", "host 203.0.113.9"], () => sendUdp(client, server4, 7831));
    equal(none.events.length, 0);
  },
);

const protochain = scenario(
  "an expression with a loop is accepted by the verifier",
  { where: "oldest and newest", requires: ["root"] },
  async (trial) => {
    const { client } = await trial.topology(twoNamespaces());
    const filter = "ip6 protochain 17";
    const { events } = await record(trial, [...packets, "-f", filter], () => sendUdp(client, server6, 7841));
    allFit(events, { filter, fits: ({ ip }) => ip?.version === 6 });
  },
);

const wrong = scenario(
  "a wrong expression is reported in libpcap's words, with the position",
  { requires: ["root"], where: "once" },
  async () => {
    const { status, stderr, stdout } = await retis(["collect", "-c", "skb-drop", "-f", "tcp prot 443"]);
    equal(status, 1);
    equal(stdout, "");
    match(
      stderr,
      /^error: Invalid packet filter "tcp prot 443": libpcap: .*syntax error \[PACKET_FILTER\]\nhint: Look at character 5: prot;/m,
    );
  },
);

const equivalence = scenario(
  "filters in the kernel agree with libpcap",
  { where: "oldest and newest", requires: ["root"], timeoutMs: 90_000 },
  async (trial) => {
    const [expressions, packetCount] = trial.slowdown > 1 ? [120, 60] : [2000, 200];
    const result = await compareWithLibpcap(20261122, expressions, packetCount);
    deepEqual(result.differences.slice(0, 3), []);
    ok(result.expressions >= expressions);
    // Neither all nor none: the packets are such that expressions matter.
    ok(result.passed > result.verdicts / 10 && result.passed < result.verdicts / 2, `${result.passed} of ${result.verdicts} pass`);
    console.log(`     ${result.expressions} expressions, ${result.verdicts} verdicts, ${result.passed} pass`);
  },
);

export const scenarios = [flows, withoutLinkLayer, vlan, drops, protochain, wrong, equivalence];
