/**
 * `--ovs-track` with daemons that come and go: two datapaths one after the other, with a daemon each. The near one is Debian's
 * first, which has no USDT probes, is killed while it has a packet, and replaced by one that has them; the far one is in a
 * container, is another program, and starts only then. The table of packets in user space has room for eight. Everything is
 * recorded once, as in ovs.ts.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type RecordedEvent, readEvents } from "../support/event-file.ts";
import { executedIds, hasPort, ovsOf, ovsStep, queuedIds, seriesToPort, sortedSeries } from "../support/ovs-series.ts";
import { hostAddresses, hostFrame, type OvsChain, ovsChain, ovsPrograms } from "../support/ovs.ts";
import { unmet } from "../support/requirement.ts";
import { Collection, retis, settle } from "../support/retis.ts";
import { belongsHere, scenario, type ScenarioOptions, type Trial } from "../support/scenario.ts";
import { identityOf } from "../support/series.ts";
import { sendFrame, sendUdp } from "../support/traffic.ts";

const ports = (first: number, count: number) => Array.from({ length: count }, (_, index) => first + index);

const port = {
  /** While the daemon has no probes. */
  hidden: 7831,
  held: 7832,
  dead: 7833,
  /** Through both datapaths. */
  both: 7834,
  /** The same bytes in both, at the same time. */
  same: 7835,
  /** More than the table has room for. */
  many: ports(7840, 12),
  /** From two processors. */
  firstCpu: ports(7860, 4),
  secondCpu: ports(7870, 4),
} as const;

/** The device of the bridge itself, which is down: what is sent there ends. */
const end = "output:LOCAL";
const toEnd = [port.same, ...port.many, ...port.firstCpu, ...port.secondCpu];

function flowsFrom(inPort: string, outPort: string, priority: number): readonly string[] {
  const rule = (destination: number, actions: string) => `priority=${priority},udp,tp_dst=${destination},actions=${actions}`;
  return [
    ...[port.hidden, port.held, port.dead, port.both].map((each) => rule(each, `output:${outPort}`)),
    ...toEnd.map((each) => rule(each, end)),
    `in_port=${outPort},actions=output:${inPort}`,
  ];
}

const nearFlows = flowsFrom("pa", "pc", 40_000);
const farFlows = flowsFrom("qc", "pb", 40_001);

interface Recorded {
  readonly events: readonly RecordedEvent[];
  readonly series: readonly (readonly RecordedEvent[])[];
  readonly stderr: string;
  /** Of `retis inspect` and of the shell's completion; not on every kernel. */
  readonly listed: string | undefined;
  readonly completed: string | undefined;
}

async function send({ client }: OvsChain, trial: Trial, destination: number): Promise<void> {
  await sendUdp(client, hostAddresses.server, destination);
  await settle(trial);
}

/** Debian's daemon: a packet that it handles, one that it has when it is killed, and one that comes when there is no daemon. */
async function withoutProbes(chain: OvsChain, trial: Trial): Promise<void> {
  const { near } = chain;
  await near.untilInstalled(() => send(chain, trial, port.hidden));
  near.signal("SIGSTOP");
  await send(chain, trial, port.held);
  await near.killDaemon();
  await send(chain, trial, port.dead);
}

/** Both daemons start, with probes. */
async function startDaemons({ near, far }: OvsChain, trial: Trial, collection: Collection): Promise<void> {
  // Another file, as a container has.
  const programs = join(trial.directory, "far");
  copyFileSync(join(ovsPrograms("usdt") ?? "", "ovs-vswitchd"), join(programs, "ovs-vswitchd"));
  await Promise.all([near.startDaemon(), far.startDaemon(programs)]);
  await far.vsctl("add-br", "br0", "--", "add-port", "br0", "qc", "--", "add-port", "br0", "pb");
  for (const [ovs, flows] of [
    [near, nearFlows],
    [far, farFlows],
  ] as const) {
    await ovs.waitForHandlers();
    await ovs.setFlows("br0", flows);
  }
  for (const path of [ovsPrograms("usdt") ?? "", programs])
    await collection.waitForError(new RegExp(`op_flow_execute of ${path}/ovs-vswitchd`));
}

/** The same packet is in both daemons, and the one that got it last gives it back first. */
async function sendToBoth(chain: OvsChain, trial: Trial): Promise<void> {
  const { client, server, near, far } = chain;
  for (const ovs of [near, far]) ovs.signal("SIGSTOP");
  await sendFrame(client, "e0", hostFrame(port.same));
  await settle(trial);
  await sendFrame(server, "e0", hostFrame(port.same));
  await settle(trial);
  far.signal("SIGCONT");
  await settle(trial);
  near.signal("SIGCONT");
  await settle(trial);
}

/** The daemon is held up until more packets wait than are remembered. */
async function sendMany({ client, near }: OvsChain, trial: Trial): Promise<void> {
  near.signal("SIGSTOP");
  for (const each of port.many) await sendFrame(client, "e0", hostFrame(each));
  await settle(trial);
  near.signal("SIGCONT");
  await settle(trial);
}

async function sendFromTwoCpus({ client }: OvsChain, trial: Trial): Promise<void> {
  if ((await unmet("cpus:2")) !== undefined) return;
  const sendFrom = (cpu: number, destinations: readonly number[]) => {
    const script = destinations.map((each) => `echo x >/dev/udp/${hostAddresses.server}/${each}`).join(";");
    return client.run(["taskset", "--cpu-list", String(cpu), "bash", "-c", script]);
  };
  await Promise.all([sendFrom(0, port.firstCpu), sendFrom(1, port.secondCpu)]);
  await settle(trial);
}

/** Flows that were hit: those of the packet through both datapaths. */
const flowsHit = 2;
const describeLimitMs = 10_000;

async function flowsDescribed(file: string, trial: Trial): Promise<void> {
  const deadline = Date.now() + describeLimitMs * trial.slowdown;
  const count = () => readFileSync(file, "utf8").split('"ovs-detrace":{"ufid":').length - 1;
  while (count() < flowsHit && Date.now() < deadline) await Bun.sleep(100);
}

/** What does not depend on the kernel. */
async function lookAtProbes(): Promise<Pick<Recorded, "listed" | "completed">> {
  if (!belongsHere({ where: "once" })) return { listed: undefined, completed: undefined };
  const listed = await retis(["inspect", "-p", "usdt:ovs-vswitchd:dpif_*:*"]);
  const completed = await retis(["__complete", "collect", "-p", "usdt:ovs-vswitchd:dpif_recv:"]);
  return { listed: listed.stdout + listed.stderr, completed: completed.stdout + completed.stderr };
}

async function recordEverything(trial: Trial): Promise<Recorded> {
  const chain = await ovsChain(trial, "usdt");
  await chain.near.startDaemon(ovsPrograms("debian"));
  await chain.near.vsctl("add-br", "br0", "--", "add-port", "br0", "pa", "--", "add-port", "br0", "pc");
  await chain.near.waitForHandlers();
  await chain.near.setFlows("br0", nearFlows);
  const file = join(trial.directory, "events.json");
  const args = ["-c", "skb,skb-tracking,skb-drop,dev,ovs", "--ovs-track", "--ovs-enrich-flows", "--ovs-queue-size", "8"];
  args.push("-p", "tp:skb:kfree_skb", "-f", "udp portrange 7831-7899", "-o", file);
  const collection = await Collection.start(trial, args, { logLevel: "debug" });
  await withoutProbes(chain, trial);
  await startDaemons(chain, trial, collection);
  const { near, far } = chain;
  await near.untilInstalled(() => far.untilInstalled(() => send(chain, trial, port.both)));
  await send(chain, trial, port.both);
  await sendToBoth(chain, trial);
  await sendMany(chain, trial);
  await sendFromTwoCpus(chain, trial);
  const looked = await lookAtProbes();
  await flowsDescribed(file, trial);
  const { status, stderr } = await collection.stop();
  equal(status, 0, stderr);
  return {
    events: readEvents(file),
    series: await sortedSeries(trial, file, /Events lost while recording: [45]; packet paths may have gaps/),
    stderr,
    ...looked,
  };
}

let everything: Promise<Recorded> | undefined;
const options = { requires: ["root", "ovs-usdt", "ovs-debian", "kprobes", "attach-cookies"], timeoutMs: 180_000 };

function daemons(what: string, check: (recorded: Recorded) => void, { requires = [], where = "oldest and newest" }: ScenarioOptions = {}) {
  const needed = [...options.requires, ...requires];
  return scenario(`ovs: daemons: ${what}`, { ...options, requires: needed, where }, async (trial) => {
    everything ??= recordEverything(trial);
    check(await everything);
  });
}

function stepsOf(series: readonly (readonly RecordedEvent[])[]): readonly (readonly string[])[] {
  return series.map((events) => events.map(ovsStep));
}

function stepsTo({ series }: Recorded, destination: number): readonly (readonly string[])[] {
  return stepsOf(seriesToPort(series, destination));
}

const toUser = ["lookup miss", "upcall 1", "enqueue 0", "return 0"];
const installed = [...toUser, "received 0", "put", "execute", "output"];

const hidden = daemons("one without USDT probes: one line says so, and the rest goes on", (recorded) => {
  equal(recorded.stderr.match(/is not reported/g)?.length, 1, recorded.stderr);
  match(recorded.stderr, /what ovs-vswitchd does with packets is not reported: .* has no static probe .*--enable-usdt-probes/);
  deepEqual(stepsTo(recorded, port.hidden), [[...toUser, "output"]]);
});

const killed = daemons("one that is killed while it has a packet", (recorded) => {
  deepEqual(stepsTo(recorded, port.held), [toUser]);
  const [dead = [], ...others] = stepsTo(recorded, port.dead);
  deepEqual([dead.slice(0, 2), others], [["lookup miss", "upcall 1"], []]);
  match(dead.at(-1) ?? "", /^return -\d+$/, "the kernel cannot queue the packet for a daemon that is gone");
});

const chained = daemons("two datapaths, one daemon replaced by one with probes, the other in a container", (recorded) => {
  deepEqual(stepsTo(recorded, port.both), [
    [...installed, ...installed],
    ["lookup hit", "output", "lookup hit", "output"],
  ]);
  const [first = []] = seriesToPort(recorded.series, port.both);
  const pathOf = (event: RecordedEvent) => (event["userspace"] as { readonly path: string } | undefined)?.path ?? [];
  const paths = new Set(first.flatMap(pathOf));
  equal(paths.size, 2, [...paths].join(", "));
  equal(new Set(queuedIds(first)).size, 2, "an id is one of a datapath");
});

const same = daemons("the same packet in two datapaths at once", (recorded) => {
  deepEqual(stepsTo(recorded, port.same), [installed, installed]);
  const devices = seriesToPort(recorded.series, port.same).map((series) => [...new Set(series.flatMap(({ dev }) => dev?.name ?? []))]);
  deepEqual(devices, [["pa"], ["pb"]], "each packet comes back where it was handed up");
});

/** Nanoseconds after which a packet that did not come back makes room. */
const forgottenNs = 10_000_000_000;
const tableSize = 8;

const overflow = daemons(
  "more packets than are remembered: the oldest are counted as lost, and sort joins what is left of them",
  (recorded) => {
    const evicted = port.many.slice(0, -tableSize);
    for (const each of port.many)
      deepEqual(stepsTo(recorded, each), [evicted.includes(each) ? [...toUser, "output"] : installed], `the packet to ${each}`);
    const enqueued = (destination: number) =>
      recorded.events.find((event) => hasPort(event, destination) && ovsOf(event)?.event_type === "upcall_enqueue");
    // That of the killed daemon may still be waited for.
    const age = Number(enqueued(port.many[0]!)?.common?.timestamp) - Number(enqueued(port.held)?.common?.timestamp);
    const lost = evicted.length + (age < forgottenNs ? 1 : 0);
    match(recorded.stderr, new RegExp(`Lost ${lost} events from collector ovs: table of packets in user space full`));
    // In the kernel they came back as other packets.
    const identities = (destination: number) => {
      const ofPort = recorded.events.filter((event) => hasPort(event, destination) && ovsOf(event) !== undefined);
      return new Set(ofPort.map(identityOf)).size;
    };
    deepEqual(port.many.map(identities), [...evicted.map(() => 2), ...Array.from({ length: tableSize }, () => 1)]);
  },
);

const described = daemons("each flow is described by the daemon that has it", ({ events }) => {
  const rules = events.flatMap((event) => (event["ovs-detrace"] as { readonly ofpflows: readonly string[] } | undefined)?.ofpflows ?? []);
  const priorities = rules.map((rule) => /priority=(\d+)/.exec(rule)?.[1]).sort();
  deepEqual(priorities, ["40000", "40001"]);
});

const twoCpus = daemons(
  "two handlers, with packets from two processors at once",
  (recorded) => {
    const found = [...port.firstCpu, ...port.secondCpu].map((each) => seriesToPort(recorded.series, each));
    // The table has one row here, of which two processors choose the same place.
    for (const series of found) deepEqual(stepsOf(series), [installed]);
    const events = found.flat(2);
    const cpus = new Set(events.flatMap((event) => (ovsOf(event)?.event_type === "upcall" ? [ovsOf(event)?.["cpu"]] : [])));
    const threads = new Set(events.flatMap((event) => (event["userspace"] as { readonly tid: number } | undefined)?.tid ?? []));
    deepEqual([cpus.size, threads.size], [2, 2], "processors and handler threads");
    for (const [series = []] of found) deepEqual(executedIds(series), queuedIds(series));
  },
  { requires: ["cpus:2"] },
);

const listed = daemons(
  "inspect and completion know their probes",
  ({ listed = "", completed = "" }) => {
    for (const probe of ["dpif_recv:recv_upcall", "dpif_netlink_operate__:op_flow_put"]) {
      ok(listed.includes(`usdt:ovs-vswitchd:${probe}`), listed);
    }
    ok(completed.includes("usdt:ovs-vswitchd:dpif_recv:recv_upcall"), completed);
  },
  { where: "once" },
);

export const scenarios = [hidden, killed, chained, same, overflow, described, twoCpus, listed];
