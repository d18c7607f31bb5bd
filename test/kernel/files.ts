/** Event files: written while collecting, rotated, read back, damaged. */
import { equal, match, ok } from "node:assert/strict";
import { closeSync, existsSync, ftruncateSync, openSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { kernelEvents, parseEvents, readEvents, type RecordedEvent } from "../support/event-file.ts";
import { ethernet, ethertype, ipv4, protocol, udp } from "../support/frames.ts";
import { Collection, retis, settle } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";
import { macs, twoNamespaces } from "../support/topology.ts";
import { sendFrame } from "../support/traffic.ts";

const requires = ["root", "tracepoint:skb:kfree_skb"];
const collect = ["-c", "skb,skb-drop,dev,ns"];
const port = 8001;

/** Sends `count` datagrams to a closed port in namespaces of their own while `retis collect` runs with `args`; returns stderr. */
async function collectDrops(trial: Trial, count: number, args: readonly string[]): Promise<string> {
  const { client } = await trial.topology(twoNamespaces());
  const route = { source: "10.0.42.1", destination: "10.0.42.2" };
  const packet = ipv4(route.source, route.destination, protocol.udp, udp(route, { sourcePort: 8000, destinationPort: port }));
  const collection = await Collection.start(trial, [...collect, ...args]);
  await sendFrame(client, "veth01", ethernet(macs.veth10, macs.veth01, ethertype.ipv4, packet), count);
  await settle(trial);
  const { status, stderr } = await collection.stop();
  equal(status, 0, stderr);
  return stderr;
}

function drops(events: readonly RecordedEvent[]): readonly RecordedEvent[] {
  return events.filter(({ parsed_packet }) => parsed_packet?.ports?.destination === port);
}

async function printAsJson(path: string): Promise<readonly RecordedEvent[]> {
  const { status, stdout, stderr } = await retis(["print", "--format", "json", path]);
  equal(status, 0, stderr);
  return parseEvents(stdout);
}

function roundTrip(name: string, where: "oldest and newest" | "once") {
  return scenario(`${name}: what is recorded is what print shows`, { requires, where }, async (trial) => {
    const path = join(trial.directory, name);
    await collectDrops(trial, 20, ["-o", path]);
    const printed = drops(await printAsJson(path));
    equal(printed.length, 20);
    equal(printed[0]?.kernel?.symbol, "skb:kfree_skb");
    const { stdout } = await retis(["print", path]);
    equal(stdout.match(/ > 10\.0\.42\.2\.8001 /g)?.length, 20);
  });
}

const rotation = scenario(
  "--out-rotate makes parts that are each complete",
  { requires, where: "once", timeoutMs: 40_000 },
  async (trial) => {
    const path = join(trial.directory, "events.json");
    await collectDrops(trial, 5000, ["-o", path, "--out-rotate", "1MB"]);
    ok(!existsSync(path), "the active file is still there");
    const parts = readdirSync(trial.directory)
      .filter((name) => name.startsWith("events.json."))
      .sort((a, b) => Number(a.split(".")[2]) - Number(b.split(".")[2]));
    ok(parts.length >= 2, `parts: ${parts.join(", ")}`);
    let recorded = 0;
    for (const [id, name] of parts.entries()) {
      equal(name, `events.json.${id}`);
      const part = join(trial.directory, name);
      ok(statSync(part).size <= 1_000_000, `${name} has ${statSync(part).size} bytes`);
      const events = readEvents(part);
      equal((events[0]?.startup as { split_file?: { id: number } } | undefined)?.split_file?.id, id);
      recorded += drops(events).length;
    }
    equal(recorded, 5000);
    equal(drops(await printAsJson(`${join(trial.directory, "events.json.0")}..`)).length, 5000);
  },
);

function truncated(name: string) {
  return scenario(
    `${name} cut in the middle of an event: the rest is readable, and it is reported`,
    { requires, where: "once" },
    async (trial) => {
      const path = join(trial.directory, name);
      await collectDrops(trial, 20, ["-o", path]);
      const descriptor = openSync(path, "r+");
      ftruncateSync(descriptor, statSync(path).size - 20);
      closeSync(descriptor);
      const { status, stdout, stderr } = await retis(["print", "--format", "json", path]);
      equal(status, 1, stderr);
      equal(kernelEvents(parseEvents(stdout)).length >= 19, true);
      match(stderr, /truncated|cut|incomplete/i);
    },
  );
}

const fullDisk = scenario("a full disk ends the collection with one clear error", { requires, where: "once" }, async (trial) => {
  const { client } = await trial.topology(twoNamespaces());
  const route = { source: "10.0.42.1", destination: "10.0.42.2" };
  const packet = ipv4(route.source, route.destination, protocol.udp, udp(route, { sourcePort: 8000, destinationPort: port }));
  const script = 'mount -t tmpfs -o size=64k tmpfs "$0" && exec "$@"';
  const collection = await Collection.start(trial, [...collect, "-o", join(trial.directory, "events.json")], {
    wrapper: ["unshare", "-m", "--propagation", "private", "sh", "-c", script, trial.directory],
  });
  await sendFrame(client, "veth01", ethernet(macs.veth10, macs.veth01, ethertype.ipv4, packet), 5000);
  const { status, stderr } = await collection.ended();
  equal(status, 1, stderr);
  match(stderr, /^error: Cannot write .*events\.json.*ENOSPC.*; \d+ events in the file \[FILE_WRITE\]$/m);
});

export const scenarios = [
  roundTrip("events.json", "once"),
  roundTrip("events.cbor", "oldest and newest"),
  roundTrip("events.json.zst", "once"),
  roundTrip("events.cbor.zst", "once"),
  rotation,
  truncated("events.json"),
  truncated("events.cbor"),
  fullDisk,
];
