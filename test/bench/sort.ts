/**
 * P6: `sort` of a file into a file, as whole processes from their start to their end. A million events; the aim is stated for
 * ten million, `BENCH_EVENTS=10000000`, which need 13 GB of disk. Packets are on their way at the same time: the events of each
 * stand apart.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Event } from "../../core/api/event.ts";
import { EventFileWriter } from "../../core/file/writer.ts";
import { peakMemory } from "../support/peak-memory.ts";
import { retisPath } from "../support/retis.ts";
import type { Benchmark, Figure } from "./figure.ts";
import { offlineEvent, offlineHeader } from "./offline-events.ts";

/** Packets on their way at a time, and events of each. */
const packets = 997;
const steps = 3;

const cases = [
  { label: "CBOR", form: "cbor", out: "sorted.cbor", atLeast: 400 },
  { label: "JSON", form: "json", out: "sorted.json", atLeast: 400 },
  { label: "CBOR, printed", form: "cbor" },
  { label: "CBOR, one in three packets by --drop-reason", form: "cbor", out: "sorted.cbor", options: ["--drop-reason", "NO_SOCKET"] },
] as const;

/** Event number `i`, of the packet that passes then. */
function travellingEvent(i: number): Event {
  const round = Math.floor(i / (packets * steps));
  const packet = round * packets + (i % packets);
  const head = 0xffff_8881_0000_0000n + BigInt(packet % 100_000) * 256n;
  const firstEvent = offlineEvent(round * packets * steps + (i % packets));
  const { timestamp } = firstEvent["common"] as { timestamp: number };
  return { ...offlineEvent(i), "skb-tracking": { orig_head: head, timestamp, skb: head + 0x1_0000_0000n } };
}

function writeTravellingEvents(path: string, count: number, form: "cbor" | "json"): void {
  const writer = new EventFileWriter({ path, form, header: () => offlineHeader });
  for (let i = 0; i < count; i++) writer.writeEvent(travellingEvent(i));
  writer.close();
}

async function measure(
  { label, form, atLeast, out, options = [] }: (typeof cases)[number] & { atLeast?: number; out?: string; options?: readonly string[] },
  directory: string,
  events: number,
): Promise<readonly Figure[]> {
  const input = join(directory, `events.${form}`);
  const seconds: number[] = [];
  const memory: number[] = [];
  const processor: number[] = [];
  const runs = Math.min(Number(process.env["BENCH_RUNS"] ?? 5), 5);
  for (let round = 0; round < runs; round++) {
    if (out !== undefined) rmSync(join(directory, out), { force: true });
    const from = performance.now();
    const args = [...options, ...(out === undefined ? [] : ["-o", join(directory, out)])];
    const child = Bun.spawn([retisPath, "sort", input, ...args], {
      env: { ...process.env, TMPDIR: directory },
      stdin: "ignore",
      stdout: Bun.file("/dev/null"),
      stderr: "pipe",
    });
    const [messages, status, peak] = await Promise.all([child.stderr.text(), child.exited, peakMemory(child)]);
    if (status !== 0) throw new Error(`retis sort ended with status ${status}: ${messages}`);
    seconds.push((performance.now() - from) / 1000);
    processor.push((Number(child.resourceUsage()?.cpuTime.total ?? Number.NaN) * 1000) / events);
    memory.push(peak / 2 ** 20);
  }
  return [
    {
      aim: "P6",
      measure: `sort, ${label}`,
      unit: "thousand/s",
      samples: seconds.map((taken) => events / taken / 1000),
      ...(atLeast === undefined ? {} : { atLeast }),
    },
    { aim: "P6", measure: "  processor time per event, all threads", unit: "ns", samples: processor },
    { aim: "P6", measure: "  largest memory", unit: "MiB", samples: memory, atMost: 512 },
  ];
}

async function run(): Promise<readonly Figure[]> {
  const events = Number(process.env["BENCH_EVENTS"] ?? 1_000_000);
  const directory = mkdtempSync(join(tmpdir(), "retis-sort-"));
  try {
    const figures: Figure[] = [];
    for (const form of ["cbor", "json"] as const) {
      writeTravellingEvents(join(directory, `events.${form}`), events, form);
      for (const one of cases.filter((other) => other.form === form)) figures.push(...(await measure(one, directory, events)));
      for (const name of [`events.${form}`, `sorted.${form}`]) rmSync(join(directory, name), { force: true });
    }
    return figures;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export const sortBenchmark: Benchmark = { name: "sort", run };
