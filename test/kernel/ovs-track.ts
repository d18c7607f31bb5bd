/**
 * `--ovs-track` with a daemon that has USDT probes: what its handlers do with packets, in the series of the packet they are
 * about, as `retis sort` shows it. Everything is recorded once, as in ovs.ts.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { RecordedEvent } from "../support/event-file.ts";
import { sendSegmented } from "../support/namespace-sockets.ts";
import { hasPort, ovsOf, ovsStep, seriesToPort, sortedSeries } from "../support/ovs-series.ts";
import { forwardingFlows, hostAddresses, hostFrame, hostMacs, type OvsBridge, ovsBridge } from "../support/ovs.ts";
import { record, settle } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";
import { sendFrame, sendUdp } from "../support/traffic.ts";

const port = {
  forwarded: 7801,
  twice: 7802,
  flows: [7803, 7804, 7805],
  segmented: 7806,
  tagged: 7807,
  controller: 7808,
  connection: 7809,
  drop: 7811,
  loop: 7812,
  restarted: 7813,
  /** Outside the filter. */
  hidden: 7899,
} as const;

const rules: Readonly<Record<number, string>> = {
  [port.controller]: "controller,output:pb",
  [port.connection]: "ct(table=1,zone=7)",
  [port.drop]: "drop",
  [port.loop]: "resubmit(,2)",
};

const flows = [
  // Each port is a flow of its own.
  ...[port.forwarded, port.twice, ...port.flows, port.segmented, port.tagged, port.restarted, port.hidden].map(
    (each) => `priority=40000,in_port=pa,udp,tp_dst=${each},actions=output:pb`,
  ),
  ...Object.entries(rules).map(([destination, actions]) => `priority=40000,in_port=pa,udp,tp_dst=${destination},actions=${actions}`),
  "table=1,ct_state=+trk,udp,actions=ct(commit,zone=7,nat(src=10.0.45.77-10.0.45.79:6000-6010)),output:pb",
  "table=2,actions=resubmit(,2)",
  ...forwardingFlows,
];

/** Sends packets that the daemon receives together: it is held up meanwhile. */
async function inOneBatch({ ovs }: OvsBridge, trial: Trial, send: () => Promise<void>): Promise<void> {
  ovs.signal("SIGSTOP");
  await send();
  await settle(trial);
  ovs.signal("SIGCONT");
  await settle(trial);
}

async function sendTo({ client }: OvsBridge, trial: Trial, destination: number, address: string = hostAddresses.server): Promise<void> {
  await sendUdp(client, address, destination);
  await settle(trial);
}

/** A first packet, which goes to user space, and one that finds the flow. */
async function sendTwice(bridge: OvsBridge, trial: Trial, destination: number): Promise<void> {
  await bridge.ovs.untilInstalled(() => sendTo(bridge, trial, destination));
  await sendTo(bridge, trial, destination);
}

async function sendEverything(bridge: OvsBridge, trial: Trial): Promise<void> {
  const { client, ovs } = bridge;
  await sendTwice(bridge, trial, port.forwarded);
  await inOneBatch(bridge, trial, () => sendFrame(client, "e0", hostFrame(port.twice), 2));
  await inOneBatch(bridge, trial, async () => {
    for (const each of [port.hidden, ...port.flows]) await sendFrame(client, "e0", hostFrame(each));
  });
  sendSegmented(client, hostAddresses.server, port.segmented, Buffer.alloc(3000, "s"), 1000);
  await settle(trial);
  await sendTo(bridge, trial, port.tagged, "10.0.46.2");
  for (const each of [port.controller, port.connection]) await sendTwice(bridge, trial, each);
  for (const each of [port.drop, port.loop]) await sendTo(bridge, trial, each);
  await flowsDescribed(trial);
  await ovs.killDaemon();
  await ovs.startDaemon();
  await ovs.waitForHandlers();
  await ovs.setFlows("br0", flows);
  await settle(trial);
  await sendTo(bridge, trial, port.restarted);
}

/** Flows that were hit: of the forwarded, of the controller, and of the connection in two rounds. */
const flowsHit = 4;
const describeLimitMs = 10_000;

function recording(trial: Trial): string {
  const [file = ""] = readdirSync(trial.directory).filter((name) => /^events-.*\.json$/.test(name));
  return join(trial.directory, file);
}

/** Waits until all flows are described: the daemon forgets them when it ends. */
async function flowsDescribed(trial: Trial): Promise<void> {
  const deadline = Date.now() + describeLimitMs * trial.slowdown;
  const count = () => readFileSync(recording(trial), "utf8").split('"ovs-detrace":{"ufid":').length - 1;
  while (count() < flowsHit && Date.now() < deadline) await Bun.sleep(100);
}

interface Recorded {
  readonly events: readonly RecordedEvent[];
  readonly series: readonly (readonly RecordedEvent[])[];
}

async function recordEverything(trial: Trial): Promise<Recorded> {
  const bridge = await ovsBridge(trial, "usdt");
  await bridge.client.ip(
    "link add link e0 name e0.5 type vlan id 5",
    "addr add 10.0.46.1/24 dev e0.5",
    "link set e0.5 up",
    `neigh replace 10.0.46.2 lladdr ${hostMacs.server} dev e0.5 nud permanent`,
  );
  await bridge.ovs.setFlows("br0", flows);
  const args = ["-c", "skb,skb-tracking,skb-drop,ovs", "--ovs-track", "--ovs-enrich-flows", "-p", "tp:skb:kfree_skb"];
  args.push("-f", "udp portrange 7801-7820");
  const { allEvents, stderr } = await record(trial, args, () => sendEverything(bridge, trial));
  ok(!/lost/i.test(stderr), stderr);
  return { events: allEvents, series: await sortedSeries(trial, recording(trial)) };
}

let everything: Promise<Recorded> | undefined;

/** Steps in the datapath and the daemon of each packet to a port. */
function stepsTo({ series }: Recorded, destination: number): readonly (readonly string[])[] {
  return seriesToPort(series, destination).map((events) => events.map(ovsStep));
}

const options = { requires: ["root", "ovs-usdt", "kprobes", "attach-cookies"], timeoutMs: 180_000 };
const toUser = ["lookup miss", "upcall 1", "enqueue 0", "return 0"];
const installed = [...toUser, "received 0", "put", "execute"];
const known = [...toUser, "received 0", "execute"];

function tracked(what: string, destination: number, expected: readonly (readonly string[])[], requires: readonly string[] = []) {
  const needed = [...options.requires, ...requires];
  return scenario(`ovs: tracked through the daemon: ${what}`, { ...options, requires: needed }, async (trial) => {
    everything ??= recordEverything(trial);
    deepEqual(stepsTo(await everything, destination), expected);
  });
}

const others = scenario("ovs: tracked through the daemon: nothing of packets that a filter left out", options, async (trial) => {
  everything ??= recordEverything(trial);
  const { events, series } = await everything;
  const daemon = events.filter((event) => /^(recv_upcall|flow_operation)$/.test(ovsOf(event)?.event_type ?? ""));
  const alone = series.filter((one) => one.every((event) => daemon.some(({ common }) => common?.timestamp === event.common?.timestamp)));
  deepEqual(alone, [], "events of the daemon without a packet");
  // The hidden packet was received first, so the others have places after it in the batch.
  const places = port.flows.map((each) => {
    const [packet = []] = series.filter((one) => one.some((event) => hasPort(event, each)));
    return packet.map(ovsOf).find((ovs) => ovs?.event_type === "recv_upcall")?.["batch_idx"];
  });
  deepEqual(places, [1, 2, 3]);
});

interface Detrace {
  readonly ufid: readonly number[];
  readonly dpflow: string;
  readonly ofpflows: readonly string[];
}

const enriched = scenario(
  "ovs: tracked through the daemon: flows that were hit are described once, with their rules",
  options,
  async (trial) => {
    everything ??= recordEverything(trial);
    const { events, series } = await everything;
    const described = events.flatMap((event) => (event["ovs-detrace"] as Detrace | undefined) ?? []);
    equal(described.length, flowsHit);
    equal(new Set(described.map(({ ufid }) => ufid.join())).size, flowsHit, "each once");
    for (const { dpflow, ofpflows } of described) {
      match(dpflow, /^recirc_id\(.*actions:/);
      ok(ofpflows.length > 0 && ofpflows.every((rule) => rule.includes("actions=")), ofpflows.join("\n"));
    }
    const hits = series.flat().flatMap((event) => {
      const ovs = ovsOf(event);
      return ovs?.event_type === "flow_lookup" && ovs["flow"] !== 0 ? [ovs] : [];
    });
    for (const hit of hits) {
      const flow = described.find(({ ufid }) => ufid.join() === (hit["ufid"] as readonly number[]).join());
      deepEqual([hit["dpflow"], hit["ofpflows"]], [flow?.dpflow, flow?.ofpflows]);
    }
  },
);

export const scenarios = [
  tracked("first and second packet of a flow", port.forwarded, [
    [...installed, "output"],
    ["lookup hit", "output"],
  ]),
  tracked("two packets of one flow in one batch", port.twice, [
    [...installed, "output"],
    [...known, "output"],
  ]),
  ...port.flows.map((each) => tracked(`three flows in one batch (${each})`, each, [[...installed, "output"]])),
  tracked("a large packet in segments", port.segmented, [
    [
      ...["lookup miss", "upcall 1", "enqueue 0", "enqueue 0", "enqueue 0", "return 0"],
      ...["received 0", "received 0", "received 0", "put", "execute", "execute", "execute", "output", "output", "output"],
    ],
  ]),
  tracked("a tag beside the packet, checksum offloaded", port.tagged, [[...installed, "output"]]),
  tracked("for the controller too", port.controller, [
    [...installed, "userspace", "upcall 2", "enqueue 0", "return 0", "output", "received 1"],
    ["lookup hit", "userspace", "upcall 2", "enqueue 0", "return 0", "output", "received 1"],
  ]),
  tracked("conntrack with NAT, recirculated", port.connection, [
    [...installed, "ct", "recirc", ...toUser, "received 0", "put", "execute", "ct", "output"],
    ["lookup hit", "ct", "recirc", "lookup hit", "recirculated ct", "recirculated output"],
  ]),
  tracked("an explicit drop", port.drop, [[...installed, "drop"]], ["ovs-drop-reasons"]),
  tracked("a translation error", port.loop, [[...toUser, "received 0", "execute", "drop", "put", "execute", "drop"]], ["ovs-drop-reasons"]),
  // There is no action that drops, and nothing to execute.
  tracked("a drop by a flow without actions", port.drop, [[...toUser, "received 0", "put"]], ["no-ovs-drop-reasons"]),
  tracked("a translation error, as a flow without actions", port.loop, [[...toUser, "received 0", "put"]], ["no-ovs-drop-reasons"]),
  tracked("after the daemon was killed and started again", port.restarted, [[...installed, "output"]]),
  others,
  enriched,
];
