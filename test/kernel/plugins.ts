/** The collectors of test/plugins, which are what the pages for authors show: each says what happened to real packets and requests. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../support/command.ts";
import { compileBpfBeside } from "../support/compile-c.ts";
import type { RecordedEvent } from "../support/event-file.ts";
import type { Namespace } from "../support/netns.ts";
import { Collection, record, retis } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";
import { twoNamespaces } from "../support/topology.ts";
import { kernelCounter, resolveNeighbours, sendUdp } from "../support/traffic.ts";

type Data = Readonly<Record<string, unknown>>;
const server = "10.0.42.2";
const port = 8751;
const payload = 1000;

/** Objects by collector: the compiler takes long in a guest. */
const compiled = new Map<string, Uint8Array>();

/** Copies a collector to a directory that knows nothing of this repository. */
function installOne(trial: Trial, name: string): string {
  const directory = join(trial.directory, name);
  cpSync(join(import.meta.dir, "../plugins", name), directory, { recursive: true });
  const object = join(directory, "hook.bpf.o");
  const known = compiled.get(name);
  if (known !== undefined) writeFileSync(object, known);
  else compileBpfBeside(join(directory, "hook.bpf.c"));
  compiled.set(name, known ?? readFileSync(object));
  return directory;
}

/** Installs collectors; returns what `-c` takes. */
function install(trial: Trial, ...names: readonly string[]): string {
  return names.map((name) => installOne(trial, name)).join();
}

function sectionsOf(events: readonly RecordedEvent[], key: string): readonly Data[] {
  return events.flatMap((event) => (event[key] === undefined ? [] : [event[key] as Data]));
}

/** Opens a connection that is never answered, and waits until its first segment was sent again. */
async function retransmit(trial: Trial, from: Namespace): Promise<void> {
  const before = await kernelCounter(from, "TcpRetransSegs");
  const child = Bun.spawn([...from.command("bash", "-c", `exec 3<>/dev/tcp/${server}/${port}`)], { stderr: "ignore" });
  trial.defer(async () => {
    child.kill("SIGKILL");
    await child.exited;
  });
  while ((await kernelCounter(from, "TcpRetransSegs")) === before) await Bun.sleep(20);
}

const sending = scenario(
  "plugins of the pages say what waits in a queueing discipline, who sends, and which connection sends again",
  {
    requires: [
      "root",
      "tracepoint:qdisc:qdisc_dequeue",
      "tracepoint:tcp:tcp_retransmit_skb",
      "qdisc:root tbf rate 8kbit burst 1600 limit 10000",
    ],
    timeoutMs: 30_000,
  },
  async (trial) => {
    const collectors = install(trial, "tcp-retransmit", "qdisc-backlog", "socket-owner");
    const { client, server: other } = await trial.topology(twoNamespaces());
    await resolveNeighbours(client, server);
    await other.run(["ip", "route", "add", "blackhole", "10.0.42.1/32"]);
    const { events, allEvents } = await record(trial, ["-c", collectors, "--socket-owner-seconds", "1"], async () => {
      await retransmit(trial, client);
      await client.run([
        "tc",
        "qdisc",
        "add",
        "dev",
        "veth01",
        "root",
        "handle",
        "7:",
        "tbf",
        "rate",
        "8kbit",
        "burst",
        "1600",
        "limit",
        "10000",
      ]);
      for (let count = 0; count < 3; count++) await sendUdp(client, server, port, payload);
    });
    const again = sectionsOf(events, "tcp-retransmit").find(({ dport }) => dport === port);
    ok(again, "no retransmission");
    const { sport, ...connection } = again;
    deepEqual(connection, {
      state: "syn_sent",
      source: "10.0.42.1",
      destination: server,
      dport: port,
      retransmits: connection["retransmits"],
    });
    ok(Number(sport) > 0);
    const queued = sectionsOf(events, "qdisc-backlog").filter(({ handle }) => handle === 7);
    const frame = payload + 42;
    // 5.10 has no tracepoint where packets come, and inlines the function.
    const onlyLeaving = queued.length > 0 && !existsSync("/sys/kernel/tracing/events/qdisc/qdisc_enqueue");
    ok(
      onlyLeaving || queued.some(({ at, packets, backlog }) => at !== undefined && Number(packets) >= 1 && Number(backlog) >= frame),
      `nothing waits: ${JSON.stringify(queued)}`,
    );
    const owners = sectionsOf(events, "socket-owner");
    ok(
      owners.some(({ user }) => user === "root"),
      JSON.stringify(owners),
    );
    const sums = sectionsOf(allEvents, "socket-owner-summary").map(({ user, bytes }) => [user, Number(bytes)] as const);
    ok(
      sums.some(([user, bytes]) => user === "root" && bytes >= 3 * frame),
      JSON.stringify(sums),
    );
  },
);

const functions = scenario(
  "a plugin that prefers tracepoints probes functions where it has to, and knows at which it runs",
  { requires: ["root", "kprobes", "function:sch_direct_xmit", "qdisc:root tbf rate 8kbit burst 1600 limit 10000"], timeoutMs: 30_000 },
  async (trial) => {
    const { client } = await trial.topology(twoNamespaces());
    await resolveNeighbours(client, server);
    await client.run([
      "tc",
      "qdisc",
      "add",
      "dev",
      "veth01",
      "root",
      "handle",
      "7:",
      "tbf",
      "rate",
      "8kbit",
      "burst",
      "1600",
      "limit",
      "10000",
    ]);
    const args = ["-c", install(trial, "qdisc-backlog"), "--qdisc-backlog-functions"];
    const { events } = await record(trial, args, () => sendUdp(client, server, port, payload));
    const left = sectionsOf(events, "qdisc-backlog").find(({ at, handle }) => at === "dequeue" && handle === 7);
    ok(left, JSON.stringify(sectionsOf(events, "qdisc-backlog")));
  },
);

const errors = scenario(
  "a plugin of the pages reports errors of netlink, which have no packet, with filters too",
  { requires: ["root", "tracepoint:netlink:netlink_extack"] },
  async (trial) => {
    const { client } = await trial.topology(twoNamespaces());
    const shown = await Collection.start(trial, ["-c", install(trial, "netlink-error"), "-f", "tcp port 1"]);
    const refused = await runCommand(client.command("ip", "link", "set", "veth01", "mtu", "1"));
    await shown.waitForOutput(/netlink error "mtu [^"]+"/);
    const { stdout } = await shown.stop();
    match(stdout, /^ {2}netlink error "mtu [^"]*" \(uid 0\)$/m);
    ok(refused.status !== 0);
    // Other programs of the host may be refused something at the same time.
    equal(stdout.match(/netlink error "mtu/g)?.length, 1);
  },
);

/** On the host, test/contract/cookbook.test.ts does it, without functions where the kernel cannot probe them. */
const examined = scenario(
  "retis collector test loads the hooks of the plugins of the pages, and finds no fault",
  { requires: ["root", "kprobes"], where: "once", timeoutMs: 30_000 },
  async (trial) => {
    for (const name of ["tcp-retransmit", "qdisc-backlog", "socket-owner", "netlink-error"]) {
      const { status, stdout } = await retis(["collector", "test", installOne(trial, name)], { timeoutMs: 10_000 * trial.slowdown });
      equal(status, 0, stdout);
      match(stdout, /^ok {4}kernel {4}1 hook loaded on /m);
    }
  },
);

export const scenarios = [sending, functions, errors, examined];
