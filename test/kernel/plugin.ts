/** A collector of a third party, loaded by the compiled executable from a directory outside the repository. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { mustRun } from "../support/command.ts";
import { expectEvents } from "../support/expect-events.ts";
import { Collection, record, retis } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";
import { twoNamespaces } from "../support/topology.ts";
import { sendUdp } from "../support/traffic.ts";

const sample = join(import.meta.dir, "../plugin-sample");
const headers = join(import.meta.dir, "../../bpf/include");
const requires = ["root", "tracepoint:net:net_dev_queue"];

/** Copies the sample, with its compiled hook, to a directory that knows nothing of this repository; returns that directory. */
async function installSample(trial: Trial): Promise<string> {
  const directory = join(trial.directory, "collectors", "queue");
  cpSync(sample, directory, { recursive: true });
  const hook = join(directory, "hook.bpf.o");
  compiled ??= compileHook(trial, directory);
  await Bun.write(hook, await compiled);
  return directory;
}

/** The compiled hook: made once, as the compiler takes long in a guest. */
let compiled: Promise<Uint8Array> | undefined;

async function compileHook(trial: Trial, directory: string): Promise<Uint8Array> {
  await mustRun(["make", "--silent", "--always-make", "-C", directory, `RETIS_INCLUDE=${headers}`], { timeoutMs: 60_000 * trial.slowdown });
  return Bun.file(join(directory, "hook.bpf.o")).bytes();
}

const collects = scenario(
  "a third party's collector adds its section to events",
  { requires, where: "once", timeoutMs: 30_000 },
  async (trial) => {
    const directory = await installSample(trial);
    const { client } = await trial.topology(twoNamespaces());
    const { events } = await record(trial, ["-c", `skb,dev,${directory}`], () => sendUdp(client, "10.0.42.2", 8101));
    expectEvents(events, [
      {
        kernel: { symbol: "net:net_dev_queue" },
        dev: { name: "veth01" },
        parsed_packet: { ports: { destination: 8101 } },
        queue: { queue: 0, class: "best effort" },
      },
    ]);
  },
);

const text = scenario("a third party's section has text, and its option is obeyed", { requires, where: "once" }, async (trial) => {
  const directory = await installSample(trial);
  const { client } = await trial.topology(twoNamespaces());
  const shown = await Collection.start(trial, ["-c", `skb,${directory}`, "--queue-only", "0"]);
  const hidden = await Collection.start(trial, ["-c", `skb,${directory}`, "--queue-only", "9"]);
  await sendUdp(client, "10.0.42.2", 8102);
  await shown.waitForOutput(/\.8102 [\s\S]*^ {2}queue 0 prio 0 \(best effort\)$/m);
  await shown.stop();
  ok(!/queue \d/.test((await hidden.stop()).stdout), "--queue-only 9 shows other queues");
});

const described = scenario(
  "a third party's collector is in --help, the schema and the list",
  { requires, where: "once" },
  async (trial) => {
    const directory = join(await installSample(trial), "..");
    for (const command of [["collect", "--help"], ["schema"], ["collector", "list"], ["collector", "show", "queue"]]) {
      const { status, stdout, stderr } = await retis([...command, "--collector-dir", directory]);
      equal(status, 0, stderr);
      match(stdout, /\bqueue\b/);
    }
  },
);

const unsafe = scenario("a collector that others can write to is refused", { requires, where: "once" }, async (trial) => {
  const directory = await installSample(trial);
  chmodSync(directory, 0o777);
  const { status, stderr } = await retis(["collect", "-c", directory]);
  ok(status !== 0);
  match(stderr, /Cannot load collector/);
});

const replayed = scenario(
  "saved records give the same events again, and other text when the collector has changed",
  { requires, where: "once", timeoutMs: 30_000 },
  async (trial) => {
    const directory = await installSample(trial);
    const { client } = await trial.topology(twoNamespaces());
    const records = join(trial.directory, "queue.records");
    const args = ["-c", `skb,dev,ns,${directory}`, "-p", "tp:net:net_dev_queue/stack", "--save-records", records];
    const { events, stderr } = await record(trial, args, async () => {
      for (const port of [8103, 8104, 8105]) await sendUdp(client, "10.0.42.2", port);
    });
    match(stderr, new RegExp(`Saved ${events.length} records to `));
    equal(statSync(records).mode & 0o777, 0o600);

    const replay = ["collector", "test", directory, "--replay", records];
    const again = await retis([...replay, "--format", "json"]);
    equal(again.status, 0, again.stderr);
    const file = readdirSync(trial.directory).find((name) => name.endsWith(".json"))!;
    const lines = again.stdout.trim().split("\n");
    deepEqual(
      lines.map((line) => JSON.parse(line)),
      readFileSync(join(trial.directory, file), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line))
        .filter((event) => event.kernel !== undefined),
    );

    const section = join(directory, "section.ts");
    await Bun.write(section, readFileSync(section, "utf8").replace("`queue ", "`number "));
    match((await retis(replay)).stdout, /\.8105 [\s\S]*^ {2}number 0 prio 0 \(best effort\)$/m);
  },
);

const packed = scenario(
  "a packed collector traces from memory, installed or not",
  { requires: [...requires, "host"], where: "once" },
  async (trial) => {
    const directory = await installSample(trial);
    await Bun.write(join(directory, "package.json"), '{"name":"queue","version":"1.0.0","license":"MIT"}');
    const file = join(trial.directory, "queue.retis-collector");
    const packing = await retis(["collector", "pack", directory, "-o", file]);
    equal(packing.status, 0, packing.stderr);
    rmSync(directory, { recursive: true });
    const { client } = await trial.topology(twoNamespaces());
    const expected = [{ kernel: { symbol: "net:net_dev_queue" }, queue: { queue: 0, class: "best effort" } }];
    const fromFile = await record(trial, ["-c", file, "--queue-only", "0"], () => sendUdp(client, "10.0.42.2", 8106));
    expectEvents(fromFile.events, expected);
    const parent = join(trial.directory, "installed");
    const installing = await retis(["collector", "install", file, "--collector-dir", parent]);
    equal(installing.status, 0, installing.stderr);
    const byName = await record(trial, ["-c", "queue", "--collector-dir", parent], () => sendUdp(client, "10.0.42.2", 8107));
    expectEvents(byName.events, expected);
  },
);

/** Namespaces of scenarios whose process has ended. */
function abandoned(): readonly string[] {
  const names = existsSync("/run/netns") ? readdirSync("/run/netns") : [];
  return names.filter((name) => name.startsWith("retis-test-") && !existsSync(`/proc/${name.split("-")[2]}`));
}

const authors = scenario(
  "an author's scenarios run with the collector, and leave nothing",
  { requires: [...requires, "host"], where: "once", timeoutMs: 60_000 },
  async (trial) => {
    const directory = await installSample(trial);
    const declare = (name: string, mark: number) => `scenario(${JSON.stringify(name)}, async (trial) => {
    const { client } = await trial.topology(twoNamespaces());
    const { events } = await record(trial, () => sendUdp(client, "10.0.42.2", 8108), ["dev"]);
    expectEvents(events, [{ dev: { name: "veth01" }, queue: { queue: ${mark} } }]);
  })`;
    const names = "expectEvents, record, scenario, sendUdp, twoNamespaces";
    const text = `import { ${names} } from "retis/test";\nexport const scenarios = [${declare("as it is", 0)}, ${declare("as it is not", 7)}];\n`;
    await Bun.write(join(directory, "test/queues.ts"), text);
    await Bun.write(join(directory, "test/empty.ts"), "export const scenarios = 1;\n");
    const before = abandoned();
    const { status, stdout } = await retis(["collector", "test", directory], { timeoutMs: 60_000 * trial.slowdown });
    equal(status, 1);
    match(stdout, /^ok {4}scenario {2}as it is$/m);
    match(stdout, /^FAIL {2}scenario {2}as it is not\n +expected event 0 is not there: .*"queue":7/m);
    match(stdout, /^FAIL {2}scenario {2}test\/empty\.ts: it does not export scenarios/m);
    deepEqual(abandoned(), before);
  },
);

export const scenarios = [collects, text, described, unsafe, replayed, packed, authors];
