/** Faulty collectors of third parties, all installed at once: a run that did not request them goes on without them. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { hostileCollectors, installCollectors } from "../support/hostile-collectors.ts";
import { Collection, retis } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";
import { twoNamespaces } from "../support/topology.ts";
import { sendUdp } from "../support/traffic.ts";

/** Members of a collector with one fault each, and what is reported of it. */
const faults: readonly (readonly [members: string, report: RegExp])[] = [
  [`check() { throw new Error("no luck"); }, setup: () => ({ hooks: [] })`, /its check failed: no luck/],
  [`check: async () => ({ ok: true }), setup: () => ({ hooks: [] })`, /its check failed: it returned a promise/],
  [`check: () => ({ ok: "yes" }), setup: () => ({ hooks: [] })`, /its check failed/],
  [`setup() { throw new Error("no luck"); }`, /its setup failed: no luck/],
  [`setup() { throw undefined; }`, /its setup failed: undefined/],
  [`setup: async () => ({ hooks: [] })`, /its setup returned a promise/],
  [`setup() {}`, /its setup returned undefined instead of a plan/],
  [`setup: () => null`, /its setup returned null instead of a plan/],
  [`setup() { for (;;); }`, /its setup never ends: it computed for \d+ ms/],
  [`setup: () => ({})`, /plan\.hooks: missing/],
  [`setup: () => ({ hooks: [3] })`, /plan\.hooks\[0\]: 3 is not valid here/],
  [`setup: () => ({ hooks: [{ object: "hook.bpf.o" }] })`, /plan\.hooks\[0\]\.at: missing/],
  [`setup: () => ({ hooks: [{ object: "hook.bpf.o", at: [] }] })`, /plan\.hooks\[0\]\.at: names no probe/],
  [`setup: () => ({ hooks: [{ object: "hook.bpf.o", at: ["skb:kfree_skb"] }] })`, /matches no probe; write "tp:skb:kfree_skb"/],
  [`setup: () => ({ hooks: [], probe: "x" })`, /plan\.probe: "x" is not valid here/],
  [`setup: () => ({ hooks: [], probes: ["tp:nothing"] })`, /plan\.probes\[0\]: Invalid probe/],
  [`setup: () => ({ hooks: [], constants: { a: 1.5 } })`, /plan\.constants\.a/],
  [`setup: () => ({ hooks: [], lookups: { a: {} } })`, /plan\.lookups\.a/],
  [`setup: () => ({ hooks: [], maps: { retis_events: { entries: 1 } } })`, /this map is the engine's/],
  [`setup: () => ({ hooks: [], maps: { a: { entries: 0 } } })`, /plan\.maps\.a\.entries/],
  [`setup: () => ({ hooks: [], capabilities: ["CAP_NONE"] })`, /CAP_NONE is not a capability/],
  [`setup: () => ({ hooks: [], probes: ["tp:no:such"] })`, /no such tracepoint/],
  [`setup: () => ({ hooks: [], constants: { a: 1 } })`, /no variable fault_\d+__const_a/],
  [`setup: () => ({ hooks: [{ object: "hook.bpf.o", at: "every-probe" }] })`, /hook\.bpf\.o: it cannot be read/],
  [`setup: () => ({ hooks: [{ object: "collector.ts", at: "every-probe" }] })`, /collector\.ts/],
];

async function install(trial: Trial): Promise<string> {
  const directory = join(trial.directory, "faulty");
  for (const [index, [members]] of faults.entries()) {
    const own = join(directory, `fault-${index}`);
    mkdirSync(own, { recursive: true, mode: 0o755 });
    await Bun.write(
      join(own, "collector.ts"),
      `export default { name: "fault-${index}", summary: "Faulty", apiVersion: 1, sections: [], ${members} };\n`,
    );
  }
  return directory;
}

const auto = scenario(
  "faulty collectors that nobody requested are left out of a run, each with its reason",
  { requires: ["root"], where: "once", timeoutMs: 60_000 },
  async (trial) => {
    const directory = await install(trial);
    const { client } = await trial.topology(twoNamespaces());
    const args = ["--collector-dir", directory, "-c", "auto", "-p", "tp:net:net_dev_queue", "-f", "udp port 8103", "--stop-after", "1"];
    const collection = Collection.launch(trial, args);
    // One of them computes until its time is up, which takes long where other things run.
    await collection.waitForError(/probe\(s\) loaded/, 50_000);
    await sendUdp(client, "10.0.42.2", 8103);
    await collection.waitForOutput(/net:net_dev_queue/);
    const { status, stderr } = await collection.stop();
    equal(status, 0, stderr);
    for (const [index, [members, report]] of faults.entries()) {
      const line = stderr
        .split("\n")
        .find((each) => each.includes(`Collector fault-${index} `) || each.includes(`Collector fault-${index}(`));
      ok(line, `${members}: not reported\n${stderr}`);
      match(line, report);
      match(line, new RegExp(`${directory}/fault-${index}\\b`));
    }
    ok(!stderr.includes("bug in retis"), stderr);
  },
);

const unused = scenario(
  "faulty collectors change nothing of commands that do not use them",
  { requires: ["root"], where: "once", timeoutMs: 60_000 },
  async (trial) => {
    const directory = await install(trial);
    const { client } = await trial.topology(twoNamespaces());
    installCollectors(directory, hostileCollectors);
    const file = join(trial.directory, "events.cbor");
    const args = ["-c", "skb,skb-drop", "-p", "tp:net:net_dev_queue", "-f", "udp port 8104", "--stop-after", "1", "--print", "-o", file];
    const collection = await Collection.start(trial, [...args, "--collector-dir", directory]);
    await sendUdp(client, "10.0.42.2", 8104);
    await collection.waitForOutput(/net:net_dev_queue/);
    const ended = await collection.stop();
    equal(ended.status, 0, ended.stderr);
    ok(!ended.stderr.includes(directory), ended.stderr);

    const printed = await retis(["print", file, "--collector-dir", directory]);
    deepEqual(printed, await retis(["print", file]));
    // Described by a process of its own; standard error names those that cannot be.
    const { status, stdout, stderr } = await retis(["schema", "--collector-dir", directory]);
    equal(status, 0, stderr);
    equal(stdout, (await retis(["schema"])).stdout);
    for (const [name, , report] of hostileCollectors) {
      const line = stderr.split("\n").find((each) => each.includes(`${directory}/${name}: `) || each.includes(`${directory}/${name} `));
      match(line ?? `nothing about ${name}\n${stderr}`, report);
    }
  },
);

const endless = (members: string) => `export default { name: "endless", summary: "Endless", api: "1.x", sections: [], ${members} };`;

/** Where the collector is, whose code has these members. */
function installEndless(trial: Trial, directory: string, members: string): string {
  const base = join(trial.directory, directory);
  installCollectors(base, [["endless", endless(members)]]);
  return join(base, "endless");
}

/** What is requested is an error with its file. */
async function refuseEndlessCheck(trial: Trial): Promise<void> {
  const directory = installEndless(trial, "check", "check() { for (;;); }, setup: () => ({ hooks: [] })");
  const { status, stderr } = await retis(["collect", "-c", `skb,${directory}`, "-p", "tp:net:net_dev_queue"]);
  equal(status, 1, stderr);
  match(stderr, new RegExp(`Cannot run collector endless \\(${directory}/collector\\.ts\\): its check never ends: it computed for`));
}

/** `console.error` is how the test learns that the loop has begun. */
async function stopEndlessStart(trial: Trial): Promise<void> {
  const directory = installEndless(trial, "start", 'setup: () => ({ hooks: [] }), start() { console.error("looping"); for (;;); }');
  const collection = Collection.launch(trial, ["-c", `skb,${directory}`, "-p", "tp:net:net_dev_queue"]);
  await collection.waitForError(/looping/);
  const { status, stderr } = await collection.stop();
  equal(status, 130, stderr);
  match(stderr, new RegExp(`Collector endless \\(${directory}\\) does not return: ended by the signal`));
}

const requested = scenario(
  "a requested collector that does not return is an error with its file, and where it runs already, one signal ends the run",
  { requires: ["root"], where: "once", timeoutMs: 30_000 },
  async (trial) => {
    await Promise.all([refuseEndlessCheck(trial), stopEndlessStart(trial)]);
  },
);

export const scenarios = [auto, unused, requested];
