/**
 * Tracking packets: one identity from sender to receiver, whatever bridges, address translation and packet sockets do to
 * the packet on its way. What runs out or is used again is in `tracking-many.ts`.
 */
import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { join } from "node:path";
import type { RecordedEvent } from "../support/event-file.ts";
import { identitiesOf, identityOf, seriesOf, skbOf, stepOf } from "../support/series.ts";
import type { Namespace } from "../support/netns.ts";
import { canProbeFunctions } from "../support/requirement.ts";
import { record, type Recording } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";
import { bridged, natRouter, publicAddress, twoNamespaces } from "../support/topology.ts";
import { listenTcp, resolveNeighbours, sendTcp, sendUdp } from "../support/traffic.ts";
import { openUnreadPacketSocket } from "../support/unread-sockets.ts";

const tracepoints = ["tp:net:net_dev_start_xmit", "tp:net:netif_receive_skb"];
const requires = ["root", ...tracepoints.map((target) => target.replace("tp:", "tracepoint:"))];
const collectors = ["-c", "skb,skb-tracking,skb-drop,dev,ns"];
const closedPort = 8401;
const portBehindClones = 8402;
const tcpPort = 8403;

function probes(targets: readonly string[]): readonly string[] {
  return targets.flatMap((target) => ["-p", target]);
}

/** The function probes among those named, where functions can be probed. */
async function whereProbed(...functions: readonly string[]): Promise<readonly string[]> {
  return (await canProbeFunctions()) ? functions : [];
}

function onlyTracepoints(steps: readonly string[]): readonly string[] {
  return steps.filter((step) => /^(net_dev_start_xmit|netif_receive_skb|kfree_skb) /.test(step));
}

/** Without the steps at functions, where functions cannot be probed. */
async function whatIsProbed(steps: readonly string[]): Promise<readonly string[]> {
  return (await canProbeFunctions()) ? steps : onlyTracepoints(steps);
}

async function assertSteps(path: readonly RecordedEvent[] | undefined, steps: readonly string[]): Promise<void> {
  deepEqual(path?.map(stepOf), await whatIsProbed(steps));
}

function toPort(events: readonly RecordedEvent[], port: number): readonly RecordedEvent[] {
  return events.filter(({ parsed_packet }) => parsed_packet?.ports?.destination === port);
}

function icmpOfType(type: number): (event: RecordedEvent) => boolean {
  return ({ parsed_packet }) => parsed_packet?.icmpType === type;
}

const bridge = scenario(
  "a ping over a bridge keeps its identity from sender to receiver; the reply has its own",
  { requires: [...requires, "bridge"], timeoutMs: 40_000 },
  async (trial) => {
    const { client, server, bridge: middle } = await trial.topology(bridged());
    await resolveNeighbours(client, "10.0.44.2");
    const targets = [...tracepoints, ...(await whereProbed("ip_rcv", "icmp_rcv"))];
    const { events } = await record(trial, ["-c", "skb,skb-tracking,dev,ns", "-f", "icmp and host 10.0.44.2", ...probes(targets)], () =>
      resolveNeighbours(client, "10.0.44.2"),
    );
    const [request, reply, ...others] = seriesOf(events);
    deepEqual(others, []);
    ok(request?.every(icmpOfType(8)) && reply?.every(icmpOfType(0)), "the first packet is the request, the second the reply");
    await assertSteps(request, [
      "net_dev_start_xmit veth01",
      "netif_receive_skb veth10",
      "net_dev_start_xmit veth12",
      "netif_receive_skb veth21",
      "ip_rcv veth21",
      "icmp_rcv veth21",
    ]);
    await assertSteps(reply, [
      "net_dev_start_xmit veth21",
      "netif_receive_skb veth12",
      "net_dev_start_xmit veth10",
      "netif_receive_skb veth01",
      "ip_rcv veth01",
      "icmp_rcv veth01",
    ]);
    const inodes = [client, middle, middle, server].map((namespace) => namespace.inode());
    deepEqual(
      request?.slice(0, 4).map(({ netns }) => (netns as { inum: number }).inum),
      inodes,
    );
    equal(new Set(request?.map(skbOf)).size, 1, "it is the same skb all the way");
  },
);

/** The router between client and third namespace; each packet to {@link publicAddress} passes these steps. */
const beforeNat = ["net_dev_start_xmit veth01", "netif_receive_skb veth10", "ip_rcv veth10"];
const afterNat = ["net_dev_start_xmit veth12", "netif_receive_skb veth21", "ip_rcv veth21"];

async function sendThroughNat(trial: Trial, client: Namespace, router: Namespace): Promise<void> {
  await sendUdp(client, publicAddress, closedPort);
  await sendTcp(client, publicAddress, tcpPort, 10);
  // A clone waits in this socket, so that translating the address needs a data area of the packet's own.
  await openUnreadPacketSocket(trial, router, "veth10");
  await sendUdp(client, publicAddress, portBehindClones);
}

async function recordNat(trial: Trial): Promise<Recording> {
  const { client, server: router, third } = await trial.topology(natRouter());
  await resolveNeighbours(client, "10.0.43.2");
  await listenTcp(trial, third, tcpPort);
  const targets = [...tracepoints, ...(await whereProbed("ip_rcv", "tcp_v4_rcv", "pskb_expand_head"))];
  return record(trial, [...collectors, "-f", `dst host ${publicAddress}`, ...probes(targets)], () => sendThroughNat(trial, client, router));
}

let natRecording: Promise<Recording> | undefined;

/** What was recorded of the packets to a port, recorded once for all scenarios. */
async function throughNat(
  trial: Trial,
  port: number,
): Promise<{ readonly packets: readonly (readonly RecordedEvent[])[]; readonly stderr: string }> {
  natRecording ??= recordNat(trial);
  const { events, stderr } = await natRecording;
  return { packets: seriesOf(toPort(events, port)), stderr };
}

const replacing = "pskb_expand_head veth10";

/** Addresses and port as they change on the way: nothing but the original destination passes the filter. */
function assertTranslated(path: readonly RecordedEvent[], port: number): void {
  for (const event of path) {
    // Both before and after the address was rewritten.
    if (stepOf(event) === replacing) continue;
    const { ip, ports } = event.parsed_packet ?? {};
    const translated = /veth12|veth21/.test(stepOf(event));
    deepEqual([ip?.source, ip?.destination], translated ? ["10.0.43.1", "10.0.43.2"] : ["10.0.42.1", publicAddress], stepOf(event));
    equal(ports?.destination, port);
  }
  equal(new Set(path.map(skbOf)).size, 1, "address translation keeps the skb");
}

/** A segment that TCP sends again, in a slow guest for instance, sets out again as a clone of itself. */
function transmissions(path: readonly RecordedEvent[]): readonly (readonly RecordedEvent[])[] {
  const starts = path.flatMap((event, at) => (stepOf(event) === beforeNat[0] ? [at] : []));
  return starts.map((start, index) => path.slice(start, starts[index + 1]));
}

const natOptions = { requires: [...requires, "nftables", "nat"], timeoutMs: 60_000 };

const dropAfterNat = scenario(
  "a filter on the address before NAT shows the drop after it, as the same packet",
  natOptions,
  async (trial) => {
    const { packets } = await throughNat(trial, closedPort);
    equal(packets.length, 1);
    const [path = []] = packets;
    await assertSteps(path, [...beforeNat, ...afterNat, "kfree_skb veth21"]);
    assertTranslated(path, closedPort);
    equal(path.at(-1)?.["skb-drop"] !== undefined, true, "the last event shows the drop");
  },
);

const tcpNat = scenario(
  "the packets of a TCP connection keep their identities through DNAT and masquerading; replies are left out",
  natOptions,
  async (trial) => {
    const { packets } = await throughNat(trial, tcpPort);
    ok(packets.length >= 4, `SYN, ACK, data and FIN make ${packets.length} packets`);
    for (const path of packets.flatMap(transmissions)) {
      const steps = path.map(stepOf).filter((step) => step !== replacing);
      // Forwarding moves the data of some packets, which only a function probe shows.
      const lost = !(await canProbeFunctions()) && steps.length === onlyTracepoints(beforeNat).length;
      deepEqual(steps, await whatIsProbed(lost ? beforeNat : [...beforeNat, ...afterNat, "tcp_v4_rcv veth21"]));
      assertTranslated(path, tcpPort);
    }
    equal(packets.flat().length, packets.flatMap(transmissions).flat().length, "each packet is seen from its start");
    const { events } = await natRecording!;
    deepEqual(
      events.filter(({ parsed_packet }) => parsed_packet?.ports?.source === tcpPort),
      [],
      "a reply passed the filter",
    );
  },
);

const replaced = scenario(
  "a packet keeps its identity when its data area is replaced, because a packet socket holds a clone",
  { ...natOptions, requires: [...natOptions.requires, "kprobes"] },
  async (trial) => {
    const { packets } = await throughNat(trial, portBehindClones);
    equal(packets.length, 1);
    const [path = []] = packets;
    const steps = path.map(stepOf);
    equal(steps[beforeNat.length], replacing, steps.join(", "));
    deepEqual(
      steps.filter((step) => step !== replacing),
      [...beforeNat, ...afterNat, "kfree_skb veth21"],
    );
    assertTranslated(path, portBehindClones);
  },
);

const notFollowed = scenario(
  "where functions cannot be probed, a packet is lost from sight when its data area is replaced, and that is said",
  { ...natOptions, requires: [...natOptions.requires, "no-kprobes"] },
  async (trial) => {
    const { packets, stderr } = await throughNat(trial, portBehindClones);
    equal(packets.length, 1);
    await assertSteps(packets[0], beforeNat);
    match(stderr, /pskb_expand_head cannot be probed on this kernel: a packet whose data the kernel moves counts as a new one/);
  },
);

/** Captures on a device until the end of the scenario; live when this returns. */
async function runTcpdump(trial: Trial, where: Namespace, device: string): Promise<void> {
  const argv = where.command("tcpdump", "-Z", "root", "-n", "-i", device, "-w", join(trial.directory, "capture.pcap"));
  const child = Bun.spawn([...argv], { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  trial.defer(async () => {
    child.kill("SIGKILL");
    await child.exited;
  });
  const { value } = await child.stderr.getReader().read();
  match(Buffer.from(value ?? []).toString(), /listening on|tcpdump:/);
}

const cloned = scenario(
  "a clone made for tcpdump has the packet's identity and an skb of its own",
  { where: "oldest and newest", requires: [...requires, "tracepoint:skb:consume_skb"] },
  async (trial) => {
    const { client } = await trial.topology(twoNamespaces());
    await resolveNeighbours(client, "10.0.42.2");
    await runTcpdump(trial, client, "veth01");
    const { events } = await record(
      trial,
      [...collectors, "-f", `udp port ${closedPort}`, ...probes([...tracepoints, "skb:consume_skb"])],
      () => sendUdp(client, "10.0.42.2", closedPort),
    );
    const packets = seriesOf(toPort(events, closedPort));
    equal(packets.length, 1, "it is one packet, whichever skb shows it");
    const [path = []] = packets;
    const sent = path.filter((event) => stepOf(event) === "net_dev_start_xmit veth01");
    const clones = path.filter((event) => stepOf(event) === "consume_skb veth01");
    const dropped = path.filter((event) => stepOf(event) === "kfree_skb veth10");
    deepEqual([sent.length, clones.length, dropped.length], [1, 1, 1], path.map(stepOf).join(", "));
    notEqual(skbOf(clones[0]!), skbOf(sent[0]!));
    equal(skbOf(dropped[0]!), skbOf(sent[0]!));
  },
);

const stacks = scenario(
  "a function without an skb is reported when it works for a packet that passed, with that packet's identity",
  { where: "oldest and newest", requires: [...requires, "kprobes", "function:inet_addr_type_dev_table"] },
  async (trial) => {
    const { client, server } = await trial.topology(twoNamespaces());
    await resolveNeighbours(client, "10.0.42.2");
    const args = ["-c", "skb-tracking,dev,ns", "-f", `udp dst port ${closedPort}`, ...probes([...tracepoints, "inet_addr_type_dev_table"])];
    const { events } = await record(trial, args, async () => {
      await sendUdp(client, "10.0.42.2", closedPort + 1);
      await sendUdp(client, "10.0.42.2", closedPort);
      await sendUdp(client, "10.0.42.2", closedPort + 1);
    });
    equal(identitiesOf(events).size, 1, "nothing is reported on behalf of other packets");
    deepEqual(
      events.filter((event) => identityOf(event) === undefined),
      [],
      "each event is about the packet",
    );
    // The kernel looks up the way of the ICMP message that answers the packet.
    const requested = events.filter(({ kernel }) => kernel?.symbol === "inet_addr_type_dev_table");
    ok(requested.length >= 1, "the function was not seen");
    const received = events.find((event) => stepOf(event) === "netif_receive_skb veth10");
    for (const event of requested) {
      deepEqual(event["skb-tracking"], received?.["skb-tracking"]);
      equal((event.netns as { inum: number }).inum, server.inode());
      equal((event.dev as { name: string }).name, "veth10");
    }
  },
);

export const scenarios = [bridge, dropAfterNat, tcpNat, replaced, notFollowed, cloned, stacks];
