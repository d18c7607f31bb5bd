/**
 * Tracking many packets: reused memory gives no packet the identity of an earlier one, and the tracking table evicts only
 * when it is full. What becomes of identities when packets are segmented or merged.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import type { RecordedEvent } from "../support/event-file.ts";
import { ethernet, ethertype, ipv4, protocol, udp } from "../support/frames.ts";
import { identitiesOf, identityOf, stepOf } from "../support/series.ts";
import { canProbeFunctions } from "../support/requirement.ts";
import { record, type Recording } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";
import { macs, twoNamespaces } from "../support/topology.ts";
import { listenTcp, resolveNeighbours, sendFrame, sendFrames, sendTcp, sendUdp } from "../support/traffic.ts";
import { openUnreadSockets } from "../support/unread-sockets.ts";

const route = { source: "10.0.42.1", destination: "10.0.42.2" };
const tableSize = 1024;
const closedPort = 8501;
const tcpPort = 8502;
const fragmentedPort = 8503;
const unreadPorts = [8511, 8512, 8513, 8514, 8515, 8516, 8517, 8518];
/** More than a receive buffer takes of these small datagrams is dropped. */
const packetsPerPort = 200;
const requires = ["root", "tracepoint:net:net_dev_queue", "tracepoint:net:net_dev_start_xmit", "tracepoint:net:netif_receive_skb"];
const probes = ["net:net_dev_queue", "net:net_dev_start_xmit", "net:netif_receive_skb"].flatMap((target) => ["-p", target]);
const largestSegment = 1514;

function frameTo(port: number): Buffer {
  const datagram = udp(route, { sourcePort: 8500, destinationPort: port });
  return ethernet(macs.veth10, macs.veth01, ethertype.ipv4, ipv4(route.source, route.destination, protocol.udp, datagram));
}

function packetCount(trial: Trial): number {
  return trial.slowdown === 1 ? 5000 : 1200;
}

async function recordMany(trial: Trial): Promise<Recording> {
  const { client, server } = await trial.topology(twoNamespaces());
  // The kernel cuts the segments itself, and the receiver puts them together again.
  await client.run(["ethtool", "-K", "veth01", "tso", "off"]);
  await server.run(["ethtool", "-K", "veth10", "gro", "on"]);
  await resolveNeighbours(client, route.destination);
  await listenTcp(trial, server, tcpPort);
  const withFunctions = await canProbeFunctions();
  const args = [
    "-c",
    "skb,skb-tracking,skb-drop,dev",
    "-f",
    `dst host ${route.destination}`,
    "--tracking-size",
    String(tableSize),
    ...probes,
  ];
  return record(trial, withFunctions ? [...args, "-p", "ip_output"] : args, async () => {
    await sendFrame(client, "veth01", frameTo(closedPort), packetCount(trial));
    await sendUdp(client, route.destination, fragmentedPort, 4000);
    await sendTcp(client, route.destination, tcpPort, 100_000);
  });
}

let recording: Promise<Recording> | undefined;

function recordedOnce(trial: Trial): Promise<Recording> {
  return (recording ??= recordMany(trial));
}

function at(events: readonly RecordedEvent[], step: string): readonly RecordedEvent[] {
  return events.filter((event) => stepOf(event) === step);
}

function toPort(events: readonly RecordedEvent[], port: number): readonly RecordedEvent[] {
  return events.filter(({ parsed_packet }) => parsed_packet?.ports?.destination === port);
}

/** TCP segments with the same identity are one segment that was sent again, from a clone. */
function assertOwnIdentities(segments: readonly RecordedEvent[]): void {
  const sequenceOffset = 14 + 20 + 4;
  const sequence = ({ packet }: RecordedEvent) => Buffer.from(packet?.data ?? "", "base64").readUInt32BE(sequenceOffset);
  const different = new Set(segments.map((event) => `${identityOf(event)} ${sequence(event)}`));
  equal(identitiesOf(segments).size, different.size);
}

const options = { where: "oldest and newest", requires, timeoutMs: 60_000 } as const;

const distinct = scenario("of many packets over the same way each has an identity of its own, to its end", options, async (trial) => {
  const { events } = await recordedOnce(trial);
  const packets = toPort(events, closedPort);
  const count = packetCount(trial);
  for (const step of ["net_dev_queue veth01", "net_dev_start_xmit veth01", "netif_receive_skb veth10", "kfree_skb veth10"]) {
    const there = at(packets, step);
    deepEqual([there.length, identitiesOf(there).size], [count, count], step);
  }
  equal(identitiesOf(packets).size, count);
});

const noFalseLoss = scenario("the table of followed packets forgets none while few are under way", options, async (trial) => {
  const { stderr } = await recordedOnce(trial);
  ok(!/evicted|lost/.test(stderr), stderr);
});

const fragments = scenario(
  "the first fragment keeps the datagram's identity and gives it to what is put together; the others get their own",
  options,
  async (trial) => {
    const { events } = await recordedOnce(trial);
    const isFragment = ({ packet, parsed_packet }: RecordedEvent) => {
      const bytes = Buffer.from(packet?.data ?? "", "base64");
      return parsed_packet?.ip?.protocol === protocol.udp && (bytes.readUInt16BE(20) & 0x3fff) !== 0;
    };
    const sent = at(events.filter(isFragment), "net_dev_start_xmit veth01");
    deepEqual([sent.length, identitiesOf(sent).size], [3, 3]);
    const whole = toPort(events, fragmentedPort).filter((event) => !isFragment(event));
    equal(at(whole, "kfree_skb veth10").length, 1, "the datagram is dropped whole");
    equal(whole.filter(({ kernel }) => kernel?.symbol === "ip_output").length, (await canProbeFunctions()) ? 1 : 0);
    deepEqual([...identitiesOf(whole)], [identityOf(sent[0]!)]);
  },
);

const segments = scenario(
  "each segment that the kernel cuts has an identity of its own; what GRO puts together has that of its first segment",
  options,
  async (trial) => {
    const { events } = await recordedOnce(trial);
    const toServer = toPort(events, tcpPort);
    const large = at(toServer, "net_dev_queue veth01").filter(({ packet }) => (packet?.len ?? 0) > largestSegment);
    const sent = at(toServer, "net_dev_start_xmit veth01");
    ok(large.length > 0, "the kernel cut nothing");
    ok(
      sent.every(({ packet }) => (packet?.len ?? 0) <= largestSegment),
      "a packet was sent uncut",
    );
    assertOwnIdentities(sent);
    const sentIdentities = identitiesOf(sent);
    deepEqual(
      [...identitiesOf(large)].filter((identity) => sentIdentities.has(identity)),
      [],
    );
    const received = at(toServer, "netif_receive_skb veth10");
    assertOwnIdentities(received);
    // To put segments together the kernel moves data of some, which only a function probe shows.
    if (await canProbeFunctions())
      deepEqual(
        [...identitiesOf(received)].filter((identity) => !sentIdentities.has(identity)),
        [],
      );
  },
);

const overflow = scenario("packets that push others out of the table of followed packets are counted", options, async (trial) => {
  const { client, server } = await trial.topology(twoNamespaces());
  await resolveNeighbours(client, route.destination);
  await openUnreadSockets(trial, server, route.destination, unreadPorts);
  const args = ["-c", "skb-tracking", "-f", "udp", "--tracking-size", String(tableSize), "-p", "net:net_dev_start_xmit"];
  const { stderr } = await record(trial, args, async () => {
    const frames = unreadPorts.map(frameTo);
    await sendFrames(client, "veth01", Array.from({ length: packetsPerPort }, () => frames).flat());
  });
  const evicted = Number(/(\d+) in-flight packets? evicted.*--tracking-size/.exec(stderr)?.[1]);
  equal(evicted, unreadPorts.length * packetsPerPort - tableSize, stderr);
});

export const scenarios = [distinct, noFalseLoss, fragments, segments, overflow];
