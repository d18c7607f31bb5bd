/**
 * P6: `print`, `stats` and `pcap` over a file, as whole processes from their start to their end, output to nowhere. A million
 * events; the aim is stated for ten million, `BENCH_EVENTS=10000000`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { peakMemory } from "../support/peak-memory.ts";
import { retisPath } from "../support/retis.ts";
import type { Benchmark, Figure } from "./figure.ts";
import { writeOfflineEvents } from "./offline-events.ts";

const forms = [
  { label: "CBOR", form: "cbor", zstd: false },
  { label: "CBOR with zstd", form: "cbor", zstd: true },
  { label: "JSON", form: "json", zstd: false },
] as const;

/** `atLeast`: thousand events a second that are wanted. */
const commands = [
  { args: ["stats"], atLeast: 1000 },
  { args: ["print"], atLeast: 400 },
  { args: ["print", "--format", "json"], atLeast: 400 },
  { args: ["pcap", "--plain"], atLeast: 400 },
  { args: ["pcap"] },
] as const;

interface Cost {
  readonly seconds: number;
  /** Seconds of all CPUs together. */
  readonly processor: number;
  /** Largest resident set. */
  readonly mebibytes: number;
}

async function timed(args: readonly string[]): Promise<Cost> {
  const from = performance.now();
  const child = Bun.spawn([retisPath, ...args], { stdin: "ignore", stdout: Bun.file("/dev/null"), stderr: "pipe" });
  const [messages, status, peak] = await Promise.all([child.stderr.text(), child.exited, peakMemory(child)]);
  if (status !== 0) throw new Error(`retis ${args.join(" ")} ended with status ${status}: ${messages}`);
  const seconds = (performance.now() - from) / 1000;
  const used = child.resourceUsage();
  if (used === undefined) throw new Error("the system does not report what a process used");
  return { seconds, processor: Number(used.cpuTime.total) / 1e6, mebibytes: peak / 2 ** 20 };
}

async function measure(path: string, label: string, events: number): Promise<readonly Figure[]> {
  const runs = Number(process.env["BENCH_RUNS"] ?? 5);
  const figures: Figure[] = [];
  for (const { args, ...wanted } of commands) {
    const costs: Cost[] = [];
    for (let round = 0; round < runs; round++) costs.push(await timed([...args, path]));
    const measure = `${args.join(" ")}, ${label}`;
    figures.push({ aim: "P6", measure, unit: "thousand/s", samples: costs.map(({ seconds }) => events / seconds / 1000), ...wanted });
    figures.push({
      aim: "P6",
      measure: "  processor time of an event",
      unit: "µs",
      samples: costs.map(({ processor }) => (processor / events) * 1e6),
    });
    figures.push({ aim: "P6", measure: "  largest memory", unit: "MiB", samples: costs.map(({ mebibytes }) => mebibytes) });
  }
  return figures;
}

async function run(): Promise<readonly Figure[]> {
  const events = Number(process.env["BENCH_EVENTS"] ?? 1_000_000);
  const directory = mkdtempSync(join(tmpdir(), "retis-offline-"));
  try {
    const figures: Figure[] = [];
    for (const { label, form, zstd } of forms) {
      const path = join(directory, `events-${label.replaceAll(" ", "-")}`);
      writeOfflineEvents(path, events, form, zstd);
      figures.push(...(await measure(path, label, events)));
      rmSync(path);
    }
    return figures;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export const offlineBenchmark: Benchmark = { name: "offline", run };
