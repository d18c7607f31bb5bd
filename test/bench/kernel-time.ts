/**
 * P3: kernel time of one probe hit under a flood of drops, with a filter that lets them pass and one that rejects them. The
 * kernel reads the clock for each run of a program, which takes a part of what it counts: an empty program shows how much.
 */
import type { Benchmark, Figure } from "./figure.ts";
import { EmptyProgram } from "./empty-program.ts";
import { cpus, Flood } from "./flood.ts";
import { countRunTimes, programTimes } from "./program-times.ts";
import { TracedRun } from "./traced-run.ts";

const seconds = 6;
/** Interval of one sample. */
const sampleMs = 500;

interface Variant {
  readonly name: string;
  readonly filter: readonly string[];
  readonly atMost?: number;
}

const variants: readonly Variant[] = [
  { name: "no filter", filter: [], atMost: 600 },
  { name: "filter passing", filter: ["-f", "udp and src host 127.0.0.1"], atMost: 600 },
  { name: "filter rejecting", filter: ["-f", "tcp port 443"], atMost: 150 },
];

/** Nanoseconds for each hit, by interval. The ends are left out: the flood starts and stops within them. */
async function sample(pid: number, flooding: Promise<void>): Promise<readonly number[]> {
  const samples: number[] = [];
  let last = programTimes(pid);
  let going = true;
  void flooding.finally(() => (going = false));
  while (going) {
    await Bun.sleep(sampleMs);
    const now = programTimes(pid);
    if (now.runs > last.runs) samples.push((now.nanoseconds - last.nanoseconds) / (now.runs - last.runs));
    last = now;
  }
  return samples.slice(1, -1);
}

async function measure(flood: Flood, { name, filter, atMost }: Variant): Promise<Figure> {
  const run = await TracedRun.start(["collect", "-c", "skb,skb-drop,dev,ns", "-o", "/dev/null", "--out-format", "cbor", ...filter], { cpu: cpus.reader });
  try {
    const flooding = flood.run(seconds);
    const samples = await sample(run.pid, flooding);
    await flooding;
    return { aim: "P3", measure: `kernel time of a hit, ${name}`, unit: "ns", samples, ...(atMost === undefined ? {} : { atMost }) };
  } finally {
    await run.stop();
  }
}

async function measureCounting(flood: Flood): Promise<Figure> {
  using _program = await EmptyProgram.attach("kfree_skb");
  const flooding = flood.run(seconds);
  const samples = await sample(process.pid, flooding);
  await flooding;
  return { aim: "P3", measure: "  an empty program", unit: "ns", samples };
}

async function run(): Promise<readonly Figure[]> {
  using _counting = countRunTimes();
  const flood = await Flood.prepare();
  try {
    const figures: Figure[] = [];
    for (const variant of variants) figures.push(await measure(flood, variant));
    return [...figures, await measureCounting(flood)];
  } finally {
    await flood.close();
  }
}

export const kernelTimeBenchmark: Benchmark = { name: "kernel-time", run };
