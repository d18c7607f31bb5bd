/** Function probes: entry and return, patterns, and what cannot be probed. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { kernelEvents, readEvents, type RecordedEvent } from "../support/event-file.ts";
import { Collection, retis, settle } from "../support/retis.ts";
import { unmet } from "../support/requirement.ts";
import { scenario, type Trial } from "../support/scenario.ts";
import { assertSensibleStack, stackOf } from "../support/stack.ts";
import { twoNamespaces, twoNamespacesVlan } from "../support/topology.ts";
import { listenTcp, resolveNeighbours, sendTcp, sendUdp } from "../support/traffic.ts";
import { openUnreadSockets } from "../support/unread-sockets.ts";

/** Over the VLAN device, so that `__dev_queue_xmit` calls itself; `ip_output` ends in a jump to `ip_finish_output`. */
const sending = ["ip_output", "ip_finish_output", "__dev_queue_xmit", "__dev_queue_xmit"];
/** Part of a module, whose functions have types from Linux 5.11 on. */
const moduleFunctions = existsSync("/sys/kernel/btf/veth") ? ["veth_xmit"] : [];
const receiving = ["ip_rcv", "ip_local_deliver"];
const transports = { udp: "udp_rcv", tcp: "tcp_v4_rcv" };
const vlanServer = "10.0.43.2";
const udpPorts = [8201, 8202, 8203];
const tcpPort = 8204;
const SYN = 2;
const PSH = 8;
/** Packets that stay queued, and so are alive when the functions that handled them return. */
const flow = `udp dst portrange 8201-8203 or (tcp dst port ${tcpPort} and tcp[13] & ${PSH} != 0)`;

/** In both IPv4's and IPv6's multicast routing there is a static function of this name. */
const sharedName = "reg_vif_xmit";
/** Static inline, so that ftrace cannot reach the copies that exist of it. */
const unattachable = "dst_discard";

function addressCount(name: string): number {
  return [...readFileSync("/proc/kallsyms", "utf8").matchAll(new RegExp(`^\\S+ [tT] ${name}$`, "gm"))].length;
}

/** How often ftrace lists a function as probed now. */
function probedCount(name: string): number {
  return [...readFileSync("/sys/kernel/tracing/enabled_functions", "utf8").matchAll(new RegExp(`^${name} `, "gm"))].length;
}

function inTime(events: readonly RecordedEvent[]): readonly RecordedEvent[] {
  return [...events].sort((a, b) => Number(BigInt(a.common?.timestamp ?? 0) - BigInt(b.common?.timestamp ?? 0)));
}

function symbolsOf(events: readonly RecordedEvent[], type: "kprobe" | "kretprobe"): readonly string[] {
  return events.flatMap(({ kernel }) => (kernel?.probe_type === type ? [kernel.symbol] : []));
}

/**
 * Before rethooks (Linux 5.18) a return probe remembers as many calls as there are CPUs, in the lab's guests one: of two
 * nested calls of one function the inner one has no return that the kernel would show.
 */
const remembersNestedCalls = readFileSync("/sys/kernel/btf/vmlinux").includes("\0rethook_node\0");

function returnsOf(way: readonly string[]): readonly string[] {
  return remembersNestedCalls ? way : [...new Set(way)];
}

/** One packet: entries in the order of its way, each of them returns once, inner functions first. */
function assertWay(events: readonly RecordedEvent[], way: readonly string[]): void {
  deepEqual(symbolsOf(events, "kprobe"), way);
  assertReturns(symbolsOf(events, "kretprobe"), way);
}

function assertReturns(returns: readonly string[], way: readonly string[]): void {
  deepEqual([...returns].sort(), [...returnsOf(way)].sort(), "each entry has its return");
  const nested = way.slice(-3);
  deepEqual(
    returns.filter((symbol) => nested.includes(symbol)),
    [...nested].reverse(),
    "the innermost function returns first",
  );
}

/** Only at its top: the kernel cannot look past the return probes of all these functions before Linux 5.14. */
function assertStackOnlyAt(events: readonly RecordedEvent[], symbol: string): void {
  for (const event of events) {
    const requested = event.kernel?.symbol === symbol && event.kernel.probe_type === "kprobe";
    const stack = stackOf(event);
    equal(stack !== undefined, requested, `stack at ${event.kernel?.probe_type} ${event.kernel?.symbol}`);
    if (requested) match(stack?.[0] ?? "", new RegExp(`^${symbol}\\+0x`));
  }
}

/** Starts a recording and gives, besides the collection, what ends it and reads its events. */
async function startRecording(trial: Trial, args: readonly string[]) {
  const file = join(trial.directory, "events.json");
  const collection = await Collection.start(trial, [...args, "-o", file]);
  return async () => {
    await settle(trial);
    const started = Date.now();
    const { status, stderr } = await collection.stop();
    equal(status, 0, stderr);
    return { stderr, stopMs: Date.now() - started, events: inTime(kernelEvents(readEvents(file))) };
  };
}

const way = scenario(
  "entries and returns of functions report each packet once, in order, nested and recursive",
  { where: "oldest and newest", requires: ["root", "kprobes", "vlan"], timeoutMs: 60_000 },
  async (trial) => {
    const { client, server } = await trial.topology(twoNamespacesVlan());
    await resolveNeighbours(client, vlanServer);
    await openUnreadSockets(trial, server, vlanServer, [...udpPorts, tcpPort]);
    const functions = [...new Set([...sending, ...moduleFunctions, ...receiving, ...Object.values(transports)])];
    const both = functions.flatMap((name) => ["-p", name === "ip_local_deliver" ? `${name}/stack` : name, "-p", `kr:${name}`]);
    const odd = ["vlan_do_receive", `${sharedName}/optional`, `${unattachable}/optional`].flatMap((name) => ["-p", name]);
    const stop = await startRecording(trial, ["-c", "skb", "--skb-sections", "meta", "-f", flow, ...both, ...odd]);
    const probed = probedCount(sharedName);
    for (const port of udpPorts) await sendUdp(client, vlanServer, port);
    await sendTcp(client, vlanServer, tcpPort, 10);
    const { events, stderr } = await stop();
    const toPort = (port: number | undefined) => events.filter(({ parsed_packet }) => parsed_packet?.ports?.destination === port);

    for (const port of udpPorts) assertWay(toPort(port), [...sending, ...moduleFunctions, ...receiving, transports.udp]);
    // Once TCP has taken the headers off, there is nothing left to capture in front of paged data.
    const segment = inTime([...toPort(tcpPort), ...toPort(undefined)]);
    assertWay(segment, [...sending, ...moduleFunctions, ...receiving, transports.tcp]);
    for (const port of udpPorts) assertStackOnlyAt(toPort(port), "ip_local_deliver");

    match(stderr, /Skipping vlan_do_receive: no collector can read its arguments/);
    deepEqual(
      events.filter(({ kernel }) => kernel?.symbol === "vlan_do_receive"),
      [],
      "a struct sk_buff ** is not a packet",
    );
    // Some kernels' type information leaves out functions that share a name.
    if ((await unmet(`function:${sharedName}`)) === undefined) {
      deepEqual([probed, addressCount(sharedName) > 1], [addressCount(sharedName), true], `each function named ${sharedName} is probed`);
    }
    if (remembersNestedCalls) ok(!/lost/.test(stderr), stderr);
  },
);

/** Patterns that the functions of `sending`, `receiving` and `transports.udp` fit, among hundreds of others. */
const returnPatterns = ["__dev_*", "dev_*", "ip_*", "netif_*", "skb_*", "tcp_*", "udp_*"];

const manyReturns = scenario(
  "hundreds of functions are probed at their return, nested and recursive",
  { requires: ["root", "kprobe-multi", "vlan"], timeoutMs: 60_000 },
  async (trial) => {
    const { client, server } = await trial.topology(twoNamespacesVlan());
    await resolveNeighbours(client, vlanServer);
    await openUnreadSockets(trial, server, vlanServer, udpPorts);
    const stop = await startRecording(trial, [
      "-c",
      "skb",
      "--skb-sections",
      "meta",
      "-f",
      flow,
      ...returnPatterns.flatMap((name) => ["-p", `kr:${name}`]),
    ]);
    for (const port of udpPorts) await sendUdp(client, vlanServer, port);
    const { events, stderr, stopMs } = await stop();

    const loaded = Number(/(\d+) probe\(s\) loaded/.exec(stderr)?.[1]);
    ok(loaded > 300, `${loaded} probes`);
    const way = [...sending, ...receiving, transports.udp];
    for (const port of udpPorts) {
      const returns = symbolsOf(
        events.filter(({ parsed_packet }) => parsed_packet?.ports?.destination === port),
        "kretprobe",
      );
      assertReturns(
        returns.filter((symbol) => way.includes(symbol)),
        way,
      );
    }
    ok(!/lost/.test(stderr), stderr);
    ok(stopMs < 5000 * trial.slowdown, `stopping took ${stopMs} ms`);
  },
);

const refused = scenario(
  "a function that cannot be probed is named and left out; alone it is an error",
  { where: "oldest and newest", requires: ["root", "kprobes", `function:${unattachable}`] },
  async (trial) => {
    const stop = await startRecording(trial, ["-c", "skb", "-p", "ip_rcv", "-p", unattachable, "-p", "tcp_v4_rcv"]);
    const { stderr } = await stop();
    match(stderr, new RegExp(`Cannot attach to ${unattachable}: E\\w+ \\[ATTACH\\]; left out`));
    match(stderr, /2 probe\(s\) loaded/);
    const alone = await retis(["collect", "-c", "skb", "-p", unattachable], { timeoutMs: 20_000 * trial.slowdown });
    equal(alone.status, 1);
    match(alone.stderr, new RegExp(`^error: Cannot attach to ${unattachable}: E\\w+ \\[ATTACH\\]\\nhint: `, "m"));
  },
);

/** Functions that a connection passes on every kernel. */
const life = ["tcp_v4_rcv", "tcp_v4_do_rcv", "tcp_rcv_state_process", "tcp_rcv_established"];

/** Follows a connection with the probes of the patterns; each event has its stack. */
async function followConnection(trial: Trial, patterns: readonly string[], atLeast: number): Promise<void> {
  const { client, server } = await trial.topology(twoNamespaces());
  await resolveNeighbours(client, "10.0.42.2");
  await listenTcp(trial, server, 8205);
  const stop = await startRecording(trial, [
    "-c",
    "skb,dev,ns",
    "--stack",
    "-f",
    "tcp port 8205",
    ...patterns.flatMap((pattern) => ["-p", pattern]),
  ]);
  await sendTcp(client, "10.0.42.2", 8205, 10);
  const { events, stderr, stopMs } = await stop();

  const loaded = Number(/(\d+) probe\(s\) loaded/.exec(stderr)?.[1]);
  ok(loaded > atLeast, `${loaded} probes`);
  const seen = new Set(events.map(({ kernel }) => kernel?.symbol ?? ""));
  deepEqual(
    life.filter((name) => !seen.has(name)),
    [],
    `${[...seen].join(" ")} are all that was seen`,
  );
  for (const event of events) assertSensibleStack(event, [event.kernel?.symbol ?? ""]);
  const received = events.find(({ kernel }) => kernel?.symbol === "tcp_v4_rcv");
  assertSensibleStack(received, [
    "tcp_v4_rcv",
    "ip_local_deliver_finish|ip_protocol_deliver_rcu",
    "__netif_receive_skb.*",
    "process_backlog",
  ]);
  const synack = events.find(({ kernel }) => kernel?.symbol === "tcp_make_synack")?.parsed_packet;
  deepEqual([synack?.ports?.destination, synack?.tcpFlags], [8205, SYN], "its sixth argument is the SYN");
  ok(stopMs < 5000 * trial.slowdown, `stopping took ${stopMs} ms`);
}

const pattern = scenario(
  "a pattern probes every function of a family, with stacks",
  { where: "oldest and newest", requires: ["root", "kprobes"], timeoutMs: 60_000 },
  (trial) => followConnection(trial, ["tcp_*"], 50),
);

const many = scenario(
  "more than a thousand functions are probed and left again",
  { requires: ["root", "kprobe-multi"], timeoutMs: 60_000 },
  (trial) => followConnection(trial, ["d*", "i*", "n*", "s*", "tcp_*"], 1000),
);

export const scenarios = [way, manyReturns, refused, pattern, many];
