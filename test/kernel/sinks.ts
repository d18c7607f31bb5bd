/** Sinks of collectors, `-o plugin:NAME`, while events come: one that works, and those that fail, are slow or never answer. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { Collection } from "../support/retis.ts";
import { ethernet, ethertype, ipv4, protocol, udp } from "../support/frames.ts";
import { scenario, type Trial } from "../support/scenario.ts";
import { macs, twoNamespaces } from "../support/topology.ts";
import { sendFrame } from "../support/traffic.ts";

const [client, server, port] = ["10.0.42.1", "10.0.42.2", 8761];
const requires = ["root", "tracepoint:skb:kfree_skb"];

/** Writes a collector whose sink is an object with these members; they write lines with `note(text)`. */
function install(
  trial: Trial,
  name: string,
  members: string,
): { readonly args: readonly string[]; readonly noted: () => readonly string[] } {
  const directory = join(trial.directory, "collectors");
  mkdirSync(join(directory, name), { recursive: true });
  const path = join(trial.directory, `${name}.txt`);
  writeFileSync(
    join(directory, name, "collector.ts"),
    `import { openSync, writeSync } from "node:fs";
    import { defineCollector, defineSink, Type } from "retis/collector";
    const options = Type.Object({ path: Type.String({ default: "notes", description: "File" }) });
    export default defineCollector({
      name: "${name}", summary: "Made up", api: "1.x", sections: [], setup: () => ({ hooks: [] }),
      sink: defineSink({ summary: "Made up", options, begin(source, { path }) {
        const file = openSync(path, "w");
        const note = (text) => void writeSync(file, text + "\\n");
        return { ${members} };
      } }),
    });`,
  );
  const noted = () => readFileSync(path, "utf8").split("\n").slice(0, -1);
  return { args: ["--collector-dir", directory, "-o", `plugin:${name},path=${path}`], noted };
}

/** Starts a collection of the drops that {@link send} makes. */
async function start(trial: Trial, args: readonly string[]) {
  const { client: sender } = await trial.topology(twoNamespaces());
  const drops = ["-c", "skb-drop", "-p", "tp:skb:kfree_skb", "-f", `udp dst port ${port}`];
  const collection = await Collection.start(trial, [...drops, ...args]);
  const datagram = udp({ source: client, destination: server }, { sourcePort: 8760, destinationPort: port });
  const frame = ethernet(macs.veth10, macs.veth01, ethertype.ipv4, ipv4(client, server, protocol.udp, datagram));
  return { collection, send: (count: number) => sendFrame(sender, "veth01", frame, count) };
}

const working = scenario(
  "a sink gets events while they come, after stages and beside text; Ctrl-C ends it after the last one",
  { requires, where: "once" },
  async (trial) => {
    const path = join(trial.directory, "socket");
    const closed = Promise.withResolvers<void>();
    let text = "";
    const listening = createServer((socket) => socket.on("data", (data) => void (text += data)).on("end", () => closed.resolve()));
    await new Promise<void>((resolve) => listening.listen(path, resolve));
    trial.defer(() => void listening.close());
    const plugins = join(import.meta.dir, "../plugins");
    const sink = ["--collector-dir", plugins, "-o", `plugin:event-socket,path=${path}`, "--print", "--format", "single-line"];
    const { collection, send } = await start(trial, sink);
    const seen = () => text.split("\n").slice(0, -1);
    await send(5);
    // Each comes as it is made, not at the end.
    for (const deadline = Date.now() + 10_000 * trial.slowdown; seen().length < 6 && Date.now() < deadline; ) await Bun.sleep(10);
    equal(seen().length, 6, text);
    await send(5);
    await collection.waitForOutput(/(?:NO_SOCKET[\s\S]*){10}/);
    const { status, stderr } = await collection.stop();
    equal(status, 0, stderr);
    await closed.promise;
    const [first, ...events] = seen().map((line) => JSON.parse(line));
    ok(first.startup, text);
    deepEqual(events.pop(), { events: 10 });
    deepEqual(
      events.map(({ "skb-drop": drop }) => [drop.drop_reason, drop.class]),
      Array.from({ length: 10 }, () => ["NO_SOCKET", "problem"]),
    );
    const times = events.map((event) => event.common.timestamp);
    deepEqual(times, times.toSorted());
  },
);

const failing = scenario(
  "a sink that throws for some events gets the others, and the end says how many it did not take; 100 failures end the run",
  { requires, where: "once" },
  async (trial) => {
    const odd = `count: 0, write() { if (this.count++ % 2) throw new Error("no luck"); note("taken"); }, end: (sum) => note(JSON.stringify(sum))`;
    const { args, noted } = install(trial, "failing", odd);
    const { collection, send } = await start(trial, args);
    await send(10);
    await collection.waitForError(/Sink failing: no luck/);
    while (noted().length < 5) await Bun.sleep(10);
    const { status, stderr } = await collection.stop();
    match(stderr, /error: Sink failing: 5 of 10 events not written: no luck \[SINK\]/);
    equal(status, 1);
    equal(stderr.match(/Sink failing/g)?.length, 2, stderr);
    deepEqual(noted(), [...Array(5).fill("taken"), '{"events":10,"failed":5}']);
    const hopeless = install(trial, "hopeless", 'write() { throw new Error("no luck"); }, end: (sum) => note(JSON.stringify(sum))');
    const second = await start(trial, hopeless.args);
    await second.send(150);
    const ended = await second.collection.ended();
    match(ended.stderr, /error: Sink hopeless: 100 of \d+ events not written: no luck \[SINK\]/);
    equal(ended.status, 1);
    deepEqual(hopeless.noted().length, 1);
  },
);

const flood = 3000;

const slow = scenario(
  "a slow sink gets every event that is not counted as lost, and a burst waits in the ring meanwhile",
  { requires, where: "once", timeoutMs: 60_000 },
  async (trial) => {
    const members = `write: () => new Promise((resolve) => setTimeout(() => { note("taken"); resolve(); }, 1)), end: (sum) => note(JSON.stringify(sum))`;
    const { args, noted } = install(trial, "slow", members);
    const { collection, send } = await start(trial, [...args, "--ring-size", "256K"]);
    await send(flood);
    const taken = noted().length;
    ok(taken < flood / 2, `it was not slow: ${taken} taken`);
    const { status, stderr } = await collection.stop();
    equal(status, 0, stderr);
    const events = noted().length - 1;
    deepEqual(noted().at(-1), `{"events":${events},"failed":0}`);
    const lost = Number(/Total events lost: (\d+)/.exec(stderr)?.[1] ?? 0);
    equal(events + lost, flood, stderr);
    ok(lost > 0, "nothing was lost: the burst was too small");
  },
);

const silent = scenario(
  "a second Ctrl-C ends a run whose sink does not answer, and one ends it where the sink does not return",
  { requires, where: "once", timeoutMs: 30_000 },
  async (trial) => {
    const waiting = install(trial, "waiting", `write: () => { note("asked"); return new Promise(() => {}); }`);
    const first = await start(trial, waiting.args);
    await first.send(3);
    while (waiting.noted().length === 0) await Bun.sleep(10);
    first.collection.signal("SIGINT");
    await first.collection.waitForError(/Sink waiting still has 3 events to take; interrupt again to end without them/);
    const { status, stderr } = await first.collection.stop();
    equal(status, 130, stderr);
    deepEqual(waiting.noted(), ["asked"]);

    const looping = install(trial, "looping", `write: () => { note("asked"); for (;;); }`);
    const second = await start(trial, looping.args);
    await second.send(1);
    while (looping.noted().length === 0) await Bun.sleep(10);
    const ended = await second.collection.stop();
    match(ended.stderr, /looping .*does not return: ended by the signal/);
    equal(ended.status, 130, ended.stderr);
  },
);

export const scenarios = [working, failing, slow, silent];
