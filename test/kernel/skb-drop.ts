/**
 * Collector skb-drop: drops of every common kind, each with the kernel's reason and the packet. The kinds do not disturb
 * each other, so they are made and recorded together, and each scenario looks for its own; an emulated guest needs many
 * seconds to start a collection.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import type { RecordedEvent } from "../support/event-file.ts";
import { expectEvents, type Expected } from "../support/expect-events.ts";
import { ethernet, ethertype, ipv4, ipv6, protocol, tcpSyn, udp } from "../support/frames.ts";
import { runCommand } from "../support/command.ts";
import type { Namespace } from "../support/netns.ts";
import { Collection, record, type Recording, retis, settle } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";
import { macs, twoNamespaces } from "../support/topology.ts";
import { openFilteredReceiver, resolveNeighbours, sendFrames, sendUdp, tryTcp } from "../support/traffic.ts";

interface Addresses {
  readonly source: string;
  readonly destination: string;
}

const v4: Addresses = { source: "10.0.42.1", destination: "10.0.42.2" };
const v6: Addresses = { source: "1111::1", destination: "1111::2" };

/** A packet that the server drops, distinguished from others by its destination port. */
interface Dropped {
  readonly addresses: Addresses;
  readonly protocol: number;
  readonly port: number;
}

function packet(addresses: Addresses, proto: keyof typeof protocol, port: number): Dropped {
  return { addresses, protocol: protocol[proto], port };
}

const toClosedPort = [packet(v4, "udp", 7001), packet(v4, "tcp", 7002), packet(v6, "udp", 7003), packet(v6, "tcp", 7004)];
const toFilteredSocket = [packet(v4, "udp", 7101), packet(v6, "udp", 7102)];
const againstRule = [packet(v4, "udp", 7201), packet(v6, "udp", 7202)];
const inMulticastFrame = [packet(v4, "udp", 7301), packet(v6, "udp", 7302)];
const badIpChecksum = packet(v4, "udp", 7401);
const badTcpChecksum = [packet(v4, "tcp", 7402), packet(v6, "tcp", 7403)];
const badUdpChecksum = [packet(v4, "udp", 7404), packet(v6, "udp", 7405)];

const rules = "table inet filter { chain input { type filter hook input priority 0; udp dport 7201-7202 drop; }; }";
const multicastSwitches = ["ipv4.conf.all", "ipv6.conf.veth10"].map((scope) => `net.${scope}.drop_unicast_in_l2_multicast=1`);

async function prepareServer(trial: Trial, server: Namespace): Promise<void> {
  // May fail where the kernel has no nftables; the scenario that needs it is skipped there.
  await runCommand(server.command("nft", "-f", "-"), { input: rules });
  await server.run(["sysctl", "-qw", ...multicastSwitches]);
  for (const { addresses, port } of toFilteredSocket) await openFilteredReceiver(trial, server, addresses.destination, port);
}

interface FrameOptions {
  readonly to?: string;
  readonly badIp?: boolean;
  readonly badTransport?: boolean;
}

function frameOf({ addresses, protocol: proto, port }: Dropped, options: FrameOptions = {}): Buffer {
  const ports = { sourcePort: 7000, destinationPort: port, ...(options.badTransport ? { checksum: "bad" as const } : {}) };
  const segment = proto === protocol.tcp ? tcpSyn(addresses, ports) : udp(addresses, ports);
  const { source, destination } = addresses;
  const to = options.to ?? macs.veth10;
  if (addresses === v6) return ethernet(to, macs.veth01, ethertype.ipv6, ipv6(source, destination, proto, segment));
  return ethernet(to, macs.veth01, ethertype.ipv4, ipv4(source, destination, proto, segment, options.badIp ? { checksum: "bad" } : {}));
}

async function makeDrops(client: Namespace): Promise<void> {
  for (const { addresses, protocol: proto, port } of [...toClosedPort, ...toFilteredSocket, ...againstRule]) {
    await (proto === protocol.tcp ? tryTcp : sendUdp)(client, addresses.destination, port);
  }
  const frames = [
    ...inMulticastFrame.map((each) => frameOf(each, { to: each.addresses === v4 ? "01:00:5e:00:00:01" : "33:33:00:00:00:01" })),
    frameOf(badIpChecksum, { badIp: true }),
    ...[...badTcpChecksum, ...badUdpChecksum].map((each) => frameOf(each, { badTransport: true })),
  ];
  await sendFrames(client, "veth01", frames);
}

async function recordAll(trial: Trial): Promise<Recording> {
  const { client, server } = await trial.topology(twoNamespaces());
  await resolveNeighbours(client, v4.destination, v6.destination);
  await prepareServer(trial, server);
  return record(trial, ["-c", "skb,skb-drop,dev,ns", "--stack"], () => makeDrops(client));
}

let recording: Promise<Recording> | undefined;

/** Throws unless each of the packets was reported as dropped for this reason, in this order. */
async function expectDrops(trial: Trial, reason: string, dropped: readonly Dropped[]): Promise<void> {
  recording ??= recordAll(trial);
  expectEvents(
    (await recording).events,
    dropped.map((each) => dropEvent(reason, each)),
  );
}

function dropEvent(reason: string, { addresses, protocol: proto, port }: Dropped): Expected {
  return {
    kernel: { symbol: "skb:kfree_skb", probe_type: "raw_tracepoint" },
    "skb-drop": { drop_reason: reason },
    dev: { name: "veth10" },
    parsed_packet: { ip: { ...addresses, ttl: 64, protocol: proto }, ports: { destination: port } },
  };
}

function drops(how: string, reason: string, dropped: readonly Dropped[], alsoRequired: readonly string[] = []) {
  const requires = ["root", `drop-reason:${reason}`, ...alsoRequired];
  return scenario(`${how}: ${reason}`, { requires, timeoutMs: 40_000 }, (trial) => expectDrops(trial, reason, dropped));
}

const everything = [
  ...toClosedPort,
  ...toFilteredSocket,
  ...againstRule,
  ...inMulticastFrame,
  badIpChecksum,
  ...badTcpChecksum,
  ...badUdpChecksum,
];

const withoutReasons = scenario(
  "a kernel without drop reasons shows every drop, as NOT_SPECIFIED",
  { requires: ["root", "nftables", "no-drop-reasons", "tracepoint:skb:kfree_skb"], timeoutMs: 40_000 },
  (trial) => expectDrops(trial, "NOT_SPECIFIED", everything),
);

interface DropSection {
  readonly location?: string;
  readonly socket?: unknown;
}

/** The drop of the event, if it is one at that probe. */
function dropAt(symbols: readonly string[], { kernel, ...event }: RecordedEvent): DropSection | undefined {
  return symbols.includes(String(kernel?.symbol)) ? (event["skb-drop"] as DropSection | undefined) : undefined;
}

const locations = scenario(
  "each drop says where: an address on its stack",
  { requires: ["root", "tracepoint:skb:kfree_skb"], timeoutMs: 40_000 },
  async (trial) => {
    recording ??= recordAll(trial);
    const { events } = await recording;
    let checked = 0;
    for (const event of events) {
      const drop = dropAt(["skb:kfree_skb"], event);
      if (drop === undefined) continue;
      const stack: readonly string[] = (event.kernel as { stack_trace?: string[] }).stack_trace ?? [];
      ok(stack.includes(drop.location ?? ""), `${drop.location} is not on the stack ${stack.join(", ")}`);
      checked++;
    }
    ok(checked >= toClosedPort.length, `${checked} drops`);
  },
);

const sockets = scenario(
  "a drop says which socket the packet was for",
  { requires: ["root", "drop-reason:SOCKET_FILTER", "function:sk_skb_reason_drop"], timeoutMs: 40_000 },
  async (trial) => {
    recording ??= recordAll(trial);
    expectEvents(
      (await recording).events,
      toFilteredSocket.map((each) => ({
        ...dropEvent("SOCKET_FILTER", each),
        "skb-drop": {
          socket: { protocol: "UDP", state: "CLOSE", local: each.addresses.destination, local_port: each.port, remote_port: 0 },
        },
      })),
    );
  },
);

const freeingFunctions = ["kfree_skb_reason", "sk_skb_reason_drop"];

const callers = scenario(
  "a probed function with a reason says who called it, which is where the packet was dropped",
  { where: "oldest and newest", requires: ["root", "kprobes", "drop-reasons"], timeoutMs: 40_000 },
  async (trial) => {
    const { client } = await trial.topology(twoNamespaces());
    const probes = freeingFunctions.flatMap((name) => ["-p", `kprobe:${name}/optional`]);
    const { events } = await record(trial, ["-c", "skb,skb-drop", ...probes, "-f", "udp port 7501"], () =>
      sendUdp(client, v4.destination, 7501),
    );
    const [atTracepoint, atFunction] = [["skb:kfree_skb"], freeingFunctions].map((symbols) =>
      events.map((event) => dropAt(symbols, event)?.location).find((location) => location !== undefined),
    );
    ok(atTracepoint !== undefined, "no drop at the tracepoint");
    equal(atFunction, atTracepoint);
  },
);

/** The reasons that drops of a recording in a file have. */
function reasonsIn(text: string): ReadonlySet<unknown> {
  const events = text.split("\n").flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as RecordedEvent] : []));
  return new Set(events.flatMap((event) => event["skb-drop"]?.drop_reason ?? []));
}

const exceptions = scenario(
  "reasons that are left out are neither in the file nor on the terminal, nor do they count",
  { requires: ["root", "drop-reason:NO_SOCKET", "drop-reason:UNHANDLED_PROTO"], where: "once" },
  async (trial) => {
    const { client } = await trial.topology(twoNamespaces());
    await resolveNeighbours(client, v4.destination);
    const args = ["-c", "skb-drop,skb", "-f", "ether proto 0x88b5 or udp port 7901", "--print", "--format", "json"];
    const both = await Collection.start(trial, [...args, "-o", "both.data"]);
    const one = await Collection.start(trial, [...args, "-o", "one.data", "--skb-drop-except", "no_socket"]);
    await sendUdp(client, v4.destination, 7901);
    await sendFrames(client, "veth01", [ethernet(macs.veth10, macs.veth01, 0x88b5, Buffer.alloc(50))]);
    await settle(trial);
    const [all, few] = [await both.stop(), await one.stop()];
    deepEqual(reasonsIn(all.stdout), new Set(["NO_SOCKET", "UNHANDLED_PROTO"]));
    deepEqual(reasonsIn(few.stdout), new Set(["UNHANDLED_PROTO"]));
    const printed = await Promise.all(
      ["both.data", "one.data"].map((file) => retis(["print", join(trial.directory, file), "--format", "json"])),
    );
    deepEqual(
      printed.map(({ stdout }) => reasonsIn(stdout)),
      [reasonsIn(all.stdout), reasonsIn(few.stdout)],
    );
    match(few.stderr, /^1 event processed$/m);
  },
);

export const scenarios = [
  drops("packets to a closed port", "NO_SOCKET", toClosedPort),
  drops("packets that a socket's filter rejects", "SOCKET_FILTER", toFilteredSocket),
  drops("packets that an nftables rule drops", "NETFILTER_DROP", againstRule, ["nftables"]),
  drops("unicast packets in multicast frames", "UNICAST_IN_L2_MULTICAST", inMulticastFrame),
  drops("a bad IP checksum", "IP_CSUM", [badIpChecksum]),
  drops("bad TCP checksums", "TCP_CSUM", badTcpChecksum),
  drops("bad UDP checksums", "UDP_CSUM", badUdpChecksum),
  withoutReasons,
  locations,
  sockets,
  callers,
  exceptions,
];
