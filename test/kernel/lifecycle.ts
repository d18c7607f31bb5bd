/** How a collection shows events, ends, and leaves the kernel as it was. */
import { equal, match, ok } from "node:assert/strict";
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { leftoverBpfObjects, loadedBpfObjects } from "../support/bpf-objects.ts";
import { mustRun, runCommand } from "../support/command.ts";
import { kernelEvents, parseEvents, readEvents } from "../support/event-file.ts";
import { ethernet, ethertype, ipv4, protocol, udp } from "../support/frames.ts";
import { Collection, isUnderTest, retis, retisPath } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";
import { macs, twoNamespaces } from "../support/topology.ts";
import { sendFrame, sendUdp } from "../support/traffic.ts";

const requires = ["root", "tracepoint:skb:kfree_skb"];
/** How a process ends does not depend on the kernel. */
const once = { requires, where: "once" } as const;
const collect = ["-c", "skb,skb-drop,dev,ns"];

/** The writing end of a pipe that nobody reads. */
async function unreadPipe(trial: Trial): Promise<number> {
  const path = join(trial.directory, "pipe");
  await mustRun(["mkfifo", path]);
  const descriptor = openSync(path, "r+");
  trial.defer(() => closeSync(descriptor));
  return descriptor;
}

const live = scenario("a drop is on the screen within a second", once, async (trial) => {
  const { client } = await trial.topology(twoNamespaces());
  const collection = await Collection.start(trial, collect);
  await sendUdp(client, "10.0.42.2", 7901);
  await collection.waitForOutput(/10\.0\.42\.2\.7901 /, 1000);
  const { status, stdout, stderr } = await collection.stop();
  equal(status, 0);
  match(stdout, /^ {2}drop \(reason \w+\) at .+$/m);
  match(stderr, /[1-9]\d* events? processed/);
});

const json = scenario("--format json writes one event a line on stdout", once, async (trial) => {
  const { client } = await trial.topology(twoNamespaces());
  const collection = await Collection.start(trial, [...collect, "--format", "json"]);
  await sendUdp(client, "10.0.42.2", 7902);
  await collection.waitForOutput(/kfree_skb/);
  const { status, stdout } = await collection.stop();
  equal(status, 0);
  ok(kernelEvents(parseEvents(stdout)).some(({ parsed_packet }) => parsed_packet?.ports?.destination === 7902));
});

const stopAfter = scenario("--stop-after ends after that many events", once, async (trial) => {
  const { client } = await trial.topology(twoNamespaces());
  const file = join(trial.directory, "events.json");
  const collection = await Collection.start(trial, [...collect, "--stop-after", "2", "-o", file]);
  for (let packet = 0; packet < 5; packet++) await sendUdp(client, "10.0.42.2", 7903);
  const { status, stderr } = await collection.ended();
  equal(status, 0);
  match(stderr, /Reached stop count \(2\)/);
  equal(kernelEvents(readEvents(file)).length, 2);
});

const command = scenario("--cmd runs a command, reports its exit status and ends with it", once, async (trial) => {
  const { client } = await trial.topology(twoNamespaces());
  const file = join(trial.directory, "events.json");
  const shell = `echo x | ${client.command("socat", "-u", "STDIN", "UDP4-SENDTO:10.0.42.2:7904").join(" ")}; exit 3`;
  const { status, stderr } = await retis(["collect", ...collect, "-o", file, "--cmd", shell], { timeoutMs: 20_000 * trial.slowdown });
  match(stderr, /Command returned \(.*3\)/);
  equal(status, 3, stderr);
  ok(
    readEvents(file).some(({ parsed_packet }) => parsed_packet?.ports?.destination === 7904),
    "the command's packet is missing",
  );
});

/** Processes that have not ended, of those with these ids. */
function living(pids: readonly number[]): readonly number[] {
  return pids.filter((pid) => {
    try {
      return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
    } catch {
      return false;
    }
  });
}

/** Starts a collection whose command, and a child of that, ignore SIGTERM; gives both ids. */
async function startStubborn(trial: Trial, args: readonly string[] = []): Promise<{ collection: Collection; pids: readonly number[] }> {
  const file = join(trial.directory, "pids");
  const shell = `trap "" TERM; sleep 100 & echo $$ $! > ${file}.new; mv ${file}.new ${file}; wait`;
  const collection = await Collection.start(trial, [...collect, ...args, "--cmd", shell]);
  while (!(await Bun.file(file).exists())) await Bun.sleep(5);
  return { collection, pids: readFileSync(file, "utf8").trim().split(" ").map(Number) };
}

const withoutPath = scenario("--cmd finds its shell without PATH", once, async () => {
  const { status, stderr } = await retis(["collect", ...collect, "--cmd", "exit 4"], { env: { PATH: "" } });
  equal(status, 4, stderr);
});

const commandKilled = scenario("nothing of --cmd outlives retis, however retis ends", once, async (trial) => {
  for (const signal of ["SIGINT", "SIGHUP", "SIGKILL"] as const) {
    const { collection, pids } = await startStubborn(trial);
    equal(pids.length, 2);
    collection.signal(signal);
    await collection.ended(1000);
    for (let tries = 0; living(pids).length > 0 && tries < 100 * trial.slowdown; tries++) await Bun.sleep(10);
    equal(living(pids).join(), "", `after ${signal}`);
    await mustRun(["rm", join(trial.directory, "pids")]);
  }
});

const closedOutput = scenario("a reader that closes stdout ends the collection quietly", once, async (trial) => {
  const { client } = await trial.topology(twoNamespaces());
  const collection = await Collection.start(trial, collect);
  await collection.closeOutput();
  await sendUdp(client, "10.0.42.2", 7905);
  const { status, stderr } = await collection.ended();
  equal(status, 0, stderr);
  ok(!/error/i.test(stderr), stderr);
});

const terminate = scenario("SIGTERM and SIGHUP end as Ctrl-C does, within a moment", once, async (trial) => {
  const { client } = await trial.topology(twoNamespaces());
  for (const signal of ["SIGTERM", "SIGHUP"] as const) {
    const file = join(trial.directory, `${signal}.json`);
    const collection = await Collection.start(trial, [...collect, "-o", file]);
    await sendUdp(client, "10.0.42.2", 7906);
    collection.signal(signal);
    const { status } = await collection.ended(1000);
    equal(status, 0, signal);
    ok(kernelEvents(readEvents(file)).some(({ parsed_packet }) => parsed_packet?.ports?.destination === 7906));
  }
});

const noHangUp = scenario("SIGHUP does not end a collection under nohup", once, async (trial) => {
  const collection = await Collection.start(trial, collect, { wrapper: ["sh", "-c", "trap '' HUP; exec \"$@\"", "sh"] });
  collection.signal("SIGHUP");
  equal(await Promise.race([collection.ended(), Bun.sleep(300 * trial.slowdown).then(() => "running")]), "running");
  equal((await collection.stop()).status, 0);
});

const twiceAtOnce = scenario("timeout(1), which sends its signal twice, ends a collection in order", once, async (trial) => {
  const file = join(trial.directory, "events.json");
  const argv = ["timeout", String(trial.slowdown), retisPath, "collect", ...collect, "-o", file];
  const { status, stderr } = await runCommand(argv);
  equal(status, 124, stderr);
  match(stderr, /Received signal SIGTERM, terminating[\s\S]*Wrote 1 event file/);
});

const traceMount = scenario(
  "--allow-system-changes reads tracefs where it is not mounted, and mounts it for no other process",
  once,
  async (trial) => {
    // Nothing but an empty directory where tracefs and debugfs belong.
    const hide = 'for d in tracing debug; do mount -t tmpfs none /sys/kernel/$d; done; exec "$@"';
    const wrapper = ["unshare", "-m", "--propagation", "private", "sh", "-c", hide, "sh"];
    const mounts = () => readFileSync("/proc/self/mountinfo", "utf8");
    const before = mounts();
    const args = ["-c", "skb", "-p", "tp:*:kfree_skb", "--allow-system-changes"];
    const collection = await Collection.start(trial, args, { wrapper });
    // Those that are hidden are still listed.
    const mountsOfTracefs = (text: string) => text.split("\n").filter((line) => line.includes(" - tracefs ")).length;
    equal(mountsOfTracefs(readFileSync(`/proc/${collection.pid}/mountinfo`, "utf8")), mountsOfTracefs(before));
    collection.signal("SIGKILL");
    await collection.ended();
    equal(mounts(), before);
  },
);

const secondInterrupt = scenario(
  "a second Ctrl-C ends at once even when nobody reads stdout, with every event in the file",
  { ...once, timeoutMs: 60_000 },
  async (trial) => {
    const { client } = await trial.topology(twoNamespaces());
    const route = { source: "10.0.42.1", destination: "10.0.42.2" };
    const packet = ipv4(route.source, route.destination, protocol.udp, udp(route, { sourcePort: 7907, destinationPort: 7908 }));
    const file = join(trial.directory, "events.json");
    const args = [...collect, "-f", "udp port 7908", "--print", "-o", file];
    const collection = await Collection.start(trial, args, { stdout: await unreadPipe(trial) });
    await sendFrame(client, "veth01", ethernet(macs.veth10, macs.veth01, ethertype.ipv4, packet), 2000);
    collection.signal("SIGINT");
    const stored = () =>
      readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line.includes('"skb:kfree_skb"') && line.endsWith("}"));
    for (const deadline = Date.now() + 5000 * trial.slowdown; stored().length < 2000 && Date.now() < deadline; ) await Bun.sleep(20);
    equal(stored().length, 2000);
    // Signals within 100 ms are one request: timeout(1) sends two.
    await Bun.sleep(150);
    collection.signal("SIGINT");
    const { status } = await collection.ended(1000);
    equal(status, 130);
  },
);

/** Kprobes that a process has attached one by one. */
function kprobes(pid: number): number {
  const targets = readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${descriptor}`)];
    } catch {
      // It was closed meanwhile.
      return [];
    }
  });
  return targets.filter((target) => target === "anon_inode:[perf_event]").length;
}

/** To detach these one by one takes seconds. */
const manyProbes = 60;

const interruptAttaching = scenario(
  "Ctrl-C is heard while functions are probed one by one; a second one ends at once",
  { where: "oldest and newest", requires: [...requires, "kprobes", "no-kprobe-multi"] },
  async (trial) => {
    const collection = Collection.launch(trial, ["-c", "skb", "-p", "kprobe:tcp_*"]);
    // Looking takes time that a guest has little of.
    while (kprobes(collection.pid) < manyProbes) await Bun.sleep(10 * trial.slowdown);
    collection.signal("SIGINT");
    await collection.waitForError(/Detaching \d+ probes one by one/);
    // Sooner it would count as the first.
    await Bun.sleep(150);
    const left = kprobes(collection.pid);
    ok(left > manyProbes / 3, `${left} probes left when the second signal is sent`);
    const begin = performance.now();
    collection.signal("SIGINT");
    const { status, stderr } = await collection.ended();
    ok(performance.now() - begin < 500 * trial.slowdown, `took ${performance.now() - begin} ms`);
    equal(status, 130);
    ok(!stderr.includes("loaded"), stderr);
  },
);

const killed = scenario("kill -9 leaves nothing in the kernel", { where: "oldest and newest", requires }, async (trial) => {
  const before = loadedBpfObjects();
  const collection = await Collection.start(trial, collect);
  const during = await leftoverBpfObjects(before, 0, isUnderTest);
  ok(
    during.some((object) => object.startsWith("prog ")),
    "no BPF program is loaded while collecting",
  );
  collection.signal("SIGKILL");
  await collection.ended();
  equal((await leftoverBpfObjects(before, 2000 * trial.slowdown, isUnderTest)).join(", "), "");
});

/** How often the main thread of a process went to sleep (proc(5)). */
function sleeps(pid: number): number {
  return Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/task/${pid}/status`, "utf8"))?.[1]);
}

/** Waits until the main thread is not woken for a while, as long on the clock on any machine. */
async function fallsAsleep(collection: Collection): Promise<void> {
  const asleepMs = 250;
  const deadline = Date.now() + 10_000;
  for (let before = sleeps(collection.pid); ; before = sleeps(collection.pid)) {
    await Bun.sleep(asleepMs);
    if (sleeps(collection.pid) === before) return;
    ok(Date.now() < deadline, `still woken within ${asleepMs} ms`);
  }
}

const idle = scenario(
  "while nothing happens, nothing wakes a collection; the next packet does at once",
  { where: "oldest and newest", requires },
  async (trial) => {
    const { client } = await trial.topology(twoNamespaces());
    const collection = await Collection.start(trial, [...collect, "-o", "events.json", "--print", "-f", "udp portrange 7910-7911"]);
    for (const port of [7910, 7911]) {
      await fallsAsleep(collection);
      await sendUdp(client, "10.0.42.2", port);
      await collection.waitForOutput(new RegExp(`10\\.0\\.42\\.2\\.${port} `), 5000);
    }
    await fallsAsleep(collection);
    const { status } = await collection.stop();
    equal(status, 0);
    equal(kernelEvents(readEvents(join(trial.directory, "events.json"))).length, 2);
  },
);

export const scenarios = [
  live,
  idle,
  json,
  stopAfter,
  command,
  withoutPath,
  commandKilled,
  closedOutput,
  terminate,
  noHangUp,
  twiceAtOnce,
  traceMount,
  secondInterrupt,
  interruptAttaching,
  killed,
];
