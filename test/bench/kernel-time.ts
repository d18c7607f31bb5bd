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
  readonly collectors: string;
  readonly options: readonly string[];
  readonly atMost: number;
}

const collectors = "skb,skb-drop,dev,ns";
const passing = ["-f", "udp and src host 127.0.0.1"];
const rejecting = ["-f", "tcp port 443"];
/** A second place where packets are seen, so that they are tracked from there to their drop. */
const received = ["-p", "net:netif_receive_skb"];

const variants: readonly Variant[] = [
  { name: "no filter", collectors, options: [], atMost: 600 },
  { name: "filter passing", collectors, options: passing, atMost: 600 },
  { name: "filter rejecting", collectors, options: rejecting, atMost: 150 },
  { name: "packets tracked, filter passing", collectors: `skb-tracking,${collectors}`, options: [...received, ...passing], atMost: 600 },
  {
    name: "packets tracked, filter rejecting",
    collectors: `skb-tracking,${collectors}`,
    options: [...received, ...rejecting],
    atMost: 150,
  },
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

async function measure(flood: Flood, { name, collectors, options, atMost }: Variant): Promise<Figure> {
  const run = await TracedRun.start(["collect", "-c", collectors, "-o", "/dev/null", "--out-format", "cbor", ...options], {
    cpu: cpus.reader,
  });
  try {
    const flooding = flood.run(seconds);
    const samples = await sample(run.pid, flooding);
    await flooding;
    return { aim: "P3", measure: `kernel time of a hit, ${name}`, unit: "ns", samples, atMost };
  } finally {
    await run.stop();
  }
}

async function measureCounting(flood: Flood): Promise<Figure> {
  using _program = EmptyProgram.attach("kfree_skb");
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
