/** Several rings, each of a group of CPUs: nothing is lost or doubled on the way, and events come in order of time. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { readEvents } from "../support/event-file.ts";
import { Collection } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";
import { twoNamespaces } from "../support/topology.ts";

const python = "/usr/bin/python3";
const sender = join(import.meta.dir, "../support/flood-every-cpu.py");
const port = 7900;
const firstSource = 7910;
/** Share of events that may come late: a CPU that does not run for a while, as in guests, keeps an event longer than others wait. */
const mostLate = 0.01;

/** A datagram as it was recorded. */
interface Drop {
  readonly cpu: number;
  readonly time: bigint;
  /** Which CPU sent it, and its number there. */
  readonly source: number;
  readonly number: bigint;
}

/** After Ethernet and IPv4 headers. */
const udpOffset = 14 + 20;

function dropsOf(file: string): readonly Drop[] {
  return readEvents(file).flatMap(({ packet, common }) => {
    if (packet === undefined || common === undefined) return [];
    const bytes = Buffer.from(packet.data, "base64");
    const [source, number] = [bytes.readUInt16BE(udpOffset) - firstSource, bytes.readBigUInt64BE(udpOffset + 8)];
    return [{ cpu: common.smp_id ?? -1, time: BigInt(common.timestamp), source, number }];
  });
}

/** Events that are older than one before them. */
function countLate(drops: readonly Drop[]): number {
  let [newest, late] = [0n, 0];
  for (const { time } of drops) {
    if (time < newest) late++;
    else newest = time;
  }
  return late;
}

/** Drops `count` datagrams on each CPU at the same time, with so many rings. */
async function dropOnAll(trial: Trial, processors: number, rings: number): Promise<void> {
  const count = trial.slowdown > 1 ? 200 : 5000;
  const { client } = await trial.topology(twoNamespaces());
  const file = join(trial.directory, `${rings}.json`);
  const args = ["-c", "skb,skb-drop", "-f", `udp dst port ${port}`, "--rings", String(rings), "-o", file];
  const collection = await Collection.start(trial, args);
  await client.run([python, sender, "127.0.0.1", String(port), String(firstSource), String(processors), String(count)]);
  const { status, stderr } = await collection.stop();
  equal(status, 0, stderr);
  ok(!/lost|skipped/.test(stderr), stderr);
  const drops = dropsOf(file);
  equal(drops.length, processors * count, "events");
  for (let cpu = 0; cpu < processors; cpu++) {
    const numbers = drops.filter(({ source }) => source === cpu).map(({ number }) => Number(number));
    deepEqual(
      numbers.sort((one, other) => one - other),
      Array.from({ length: count }, (_, number) => number),
      `sent by CPU ${cpu}`,
    );
  }
  equal(new Set(drops.map(({ cpu }) => cpu)).size, processors, "CPUs of the events");
  const late = countLate(drops);
  ok(late <= drops.length * mostLate, `${late} of ${drops.length} events are older than one before them`);
}

const common = { requires: ["root", "tracepoint:skb:kfree_skb"], where: "once" } as const;

const two = scenario(
  "two rings: drops on two processors come whole and in order",
  { ...common, requires: [...common.requires, "cpus:2"] },
  (trial) => dropOnAll(trial, 2, 2),
);

const four = scenario(
  "four rings, or two: drops on four processors come whole and in order",
  { ...common, requires: [...common.requires, "cpus:4"] },
  async (trial) => {
    for (const rings of [4, 2]) await dropOnAll(trial, 4, rings);
  },
);

export const scenarios = [two, four];
